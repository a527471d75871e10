"""``autocontour models`` lists, shows, imports and verifies; what it imports can be drawn by ``segment``."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pydicom
import pytest

from model.engines.hu_ct.engine import ORDER
from plugin.cli import main
from tests.builders.nnunet_folder import TinyNet, write_folder
from tests.builders.series import write_series
from tests.builders.volumes import blobs, plan_of

SHAPE = (20, 40, 44)
TERMS = ("--license", "Apache-2.0", "--orientation", "LPS")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with one model, ``tiny``."""
    monkeypatch.setenv("AUTOCONTOUR_MODELS", str(tmp_path / "library"))
    folder = write_folder(tmp_path / "results", TinyNet(mirror=None))
    assert main(["models", "import", str(folder), "--name", "tiny", *TERMS]) == 0
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
    command = ["models", "import", str(other), "--name", "tiny", *TERMS]
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


@pytest.mark.parametrize("name", ["hu-ct", "deepbet"])
def test_no_package_takes_the_name_of_an_embedded_model(library: Path, tmp_path: Path, name: str) -> None:
    assert main(["models", "import", str(library / "tiny"), "--name", name]) == 1
    assert sorted(one.name for one in library.iterdir()) == ["tiny"]


def test_an_embedded_model_says_what_it_draws_on_what(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", "hu-ct"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["modality"], tuple(shown["structures"])) == ("CT", ORDER)
    assert shown["limits"]
    assert shown["sides"]


def test_an_embedded_model_is_shown_with_its_licence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", "hu-ct"]) == 0
    assert json.loads(capsys.readouterr().out)["license"] == "AGPL-3.0-or-later"
    assert main(["models", "verify", "hu-ct"]) == 1
    assert "no package to verify" in capsys.readouterr().err


def test_another_library_is_named_before_or_after_the_action(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOCONTOUR_MODELS", str(tmp_path / "none"))
    for command in (["--models", str(library), "list"], ["list", "--models", str(library)]):
        capsys.readouterr()
        assert main(["models", *command]) == 0
        assert "tiny" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--configuration", "2d"], "there are: nnUNetTrainer__nnUNetPlans__3d_fullres"),
        (["--folds", "3"], "folds that are there: fold_0"),
        (["--orientation", "XYZ"], "such as LPS or RAS"),
        (["--name", "a b"], "letters, digits"),
        (["--license", "yes; no"], "SPDX identifier such as Apache-2.0"),
    ],
)
def test_a_wrong_wish_is_refused_with_the_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    folder = write_folder(tmp_path / "results", TinyNet(mirror=None))
    given = {
        "--license": "MIT",
        "--orientation": "LPS",
        "--models": str(tmp_path / "library"),
        arguments[0]: arguments[1],
    }
    pairs = [part for pair in given.items() for part in pair]
    assert main(["models", "import", str(folder.parent), *pairs]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "library").exists()


def test_a_package_travels_as_a_zip_or_a_folder(library: Path, tmp_path: Path) -> None:
    import shutil

    archive = shutil.make_archive(str(tmp_path / "travel"), "zip", library / "tiny")
    elsewhere = tmp_path / "elsewhere"
    assert main(["models", "import", archive, "--models", str(elsewhere)]) == 0
    assert (elsewhere / "tiny/model.json").read_bytes() == (library / "tiny/model.json").read_bytes()


def test_datasets_of_no_one_task_are_refused_with_their_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("Dataset291_One", "Dataset292_Two"):
        write_folder(tmp_path / "results", TinyNet(dataset=name))
    assert main(["models", "--models", str(tmp_path / "library"), "import", str(tmp_path / "results")]) == 1
    assert "(291, 292)" in capsys.readouterr().err
    assert not (tmp_path / "library").exists()


def test_a_zip_that_is_refused_says_what_to_do_instead(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        archive.writestr("../outside.json", "{}")
    assert main(["models", "--models", str(tmp_path / "library"), "import", str(tmp_path / "model.zip")]) == 1
    assert "nothing was unpacked" in (said := capsys.readouterr().err)
    assert "import the folder" in said


@pytest.mark.parametrize("force", ["--replace", "--force"])
def test_a_package_is_not_replaced_by_itself(
    force: str, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in sorted(library.rglob("*")) if path.is_file()}
    (tmp_path / "alias").symlink_to(library / "tiny", target_is_directory=True)
    for given in (library / "tiny", tmp_path / "alias"):
        assert main(["models", "import", str(given), force]) == 1
        assert "[OUTPUT_IS_INPUT]" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in sorted(library.rglob("*")) if path.is_file()} == before


def test_a_folder_that_is_no_package_is_not_replaced(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (library / "mine").mkdir()
    (library / "mine" / "thesis.txt").write_text("years of work")
    other = write_folder(tmp_path / "other", TinyNet(mirror=None, seed=2))
    assert main(["models", "import", str(other), "--name", "mine", *TERMS, "--force"]) == 1
    assert "[PACKAGE_EXISTS]" in capsys.readouterr().err
    assert (library / "mine" / "thesis.txt").read_text() == "years of work"


def test_replacing_a_package_touches_nothing_else(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (library / "tiny").rename(tmp_path / "elsewhere")
    (library / "tiny").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (library / ".old-tiny").mkdir()
    (library / ".old-tiny" / "thesis.txt").write_text("years of work")
    (library / "next").symlink_to(tmp_path / "nowhere")
    before = (tmp_path / "elsewhere" / "model.json").read_bytes()
    other = write_folder(tmp_path / "other", TinyNet(mirror=None, seed=2))
    assert main(["models", "import", str(other), "--name", "tiny", *TERMS, "--force"]) == 0
    assert (tmp_path / "elsewhere" / "model.json").read_bytes() == before
    assert not (library / "tiny").is_symlink()
    assert (library / ".old-tiny" / "thesis.txt").read_text() == "years of work"
    capsys.readouterr()
    assert main(["models", "import", str(other), "--name", "next", *TERMS]) == 1
    assert "[PACKAGE_EXISTS]" in capsys.readouterr().err
    assert sorted(one.name for one in library.iterdir()) == [".old-tiny", "next", "tiny"]
