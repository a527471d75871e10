"""``autocontour models`` lists, shows, imports and verifies; what it imports can be drawn by ``segment``."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest

from plugin.cli import main
from tests.builders.nnunet_folder import TinyNet, write_folder
from tests.builders.series import write_series
from tests.builders.volumes import blobs, plan_of

SHAPE = (20, 40, 44)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with one model, ``tiny``."""
    monkeypatch.setenv("AUTOCONTOUR_MODELS", str(tmp_path / "library"))
    folder = write_folder(tmp_path / "results", TinyNet(mirror=None))
    assert main(["models", "import", str(folder), "--name", "tiny", "--license", "Apache-2.0"]) == 0
    return tmp_path / "library"


def test_an_imported_model_is_listed_shown_and_verified(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["models"]) == 0
    listed = capsys.readouterr().out
    assert "hu-ct" in listed
    assert "tiny" in listed
    assert "Apache-2.0" in listed
    assert main(["models", "show", "tiny"]) == 0
    assert json.loads(capsys.readouterr().out)["engine"] == "torch-nnunet"
    assert main(["models", "verify", "tiny"]) == 0
    assert main(["models", "list", "--json"]) == 0
    assert library.joinpath("tiny/model.json").is_file()


def test_a_changed_file_is_found(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = next(library.rglob("*.pt"))
    weights.write_bytes(weights.read_bytes()[:-2] + b"xx")
    assert main(["models", "verify", "tiny"]) == 1
    assert "PACKAGE_HASH" in capsys.readouterr().err


def test_a_name_that_is_taken_is_refused_unless_replaced(library: Path, tmp_path: Path) -> None:
    other = write_folder(tmp_path / "other", TinyNet(mirror=None, seed=2))
    command = ["models", "import", str(other), "--name", "tiny", "--license", "MIT"]
    before = (library / "tiny/model.json").read_bytes()
    assert main(command) == 1
    assert (library / "tiny/model.json").read_bytes() == before
    assert main([*command, "--replace"]) == 0
    assert (library / "tiny/model.json").read_bytes() != before
    assert sorted(one.name for one in library.iterdir()) == ["tiny"]


@pytest.mark.usefixtures("library")
def test_segment_draws_with_an_imported_model(tmp_path: Path) -> None:
    series = write_series(plan_of(SHAPE), tmp_path / "series", blobs(SHAPE))
    assert main(["segment", str(series), "--model", "tiny", "-o", str(tmp_path / "out.dcm")]) == 0
    written = pydicom.dcmread(tmp_path / "out.dcm")
    assert {roi.ROIName for roi in written.StructureSetROISequence} <= {"Liver", "Kidney_L"}
    assert written.ManufacturerModelName == "tiny"
    said = written.ContributingEquipmentSequence[0].ContributionDescription
    assert "licence Apache-2.0" in said
    assert "torch-nnunet" in said


def test_a_package_travels_as_a_zip_or_a_folder(library: Path, tmp_path: Path) -> None:
    import shutil

    archive = shutil.make_archive(str(tmp_path / "travel"), "zip", library / "tiny")
    elsewhere = tmp_path / "elsewhere"
    assert main(["models", "import", archive, "--models", str(elsewhere)]) == 0
    assert (elsewhere / "tiny/model.json").read_bytes() == (library / "tiny/model.json").read_bytes()
