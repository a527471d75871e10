"""A model that was converted is imported and drawn where torch cannot be imported, with the same contours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest

from model.packages.converted import read_converted
from model.packages.package import Package, open_package
from tests.builders.converted import MANY, forget
from tests.builders.nnunet_folder import TinyNet, write_folder
from tests.builders.phantom import files_of, phantom_series
from tests.builders.with_openvino import require_openvino

pytest.importorskip("torch", reason="network engines need torch, which this machine was set up without")
require_openvino()

# A command in a process whose imports refuse torch and whatever is of it, as where it is not installed.
WITHOUT_TORCH = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "monai", "onnxruntime"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None
sys.meta_path.insert(0, Refuse())
from plugin.cli import main
status = main(sys.argv[1:])
assert not [name for name in sys.modules if name.partition(".")[0] in ("torch", "openvino_telemetry")
            and sys.modules[name] is not None]
sys.exit(status)
"""

PLAIN = "import sys; from plugin.cli import main; sys.exit(main(sys.argv[1:]))"


def without_torch(*words: object, library: Path) -> subprocess.CompletedProcess[str]:
    """The command line in such a process."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *map(str, words)],
        env={**os.environ, "AUTOCONTOUR_MODELS": str(library)},
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        check=False,
    )


def with_torch(*words: object, library: Path) -> None:
    """The command line as it is."""
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from plugin.cli import main; sys.exit(main(sys.argv[1:]))",
            *map(str, words),
        ],
        env={**os.environ, "AUTOCONTOUR_MODELS": str(library)},
        cwd=Path(__file__).parents[4],
        check=True,
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with the package of a tiny nnU-Net network, imported by the command."""
    root = tmp_path_factory.mktemp("made")
    results = write_folder(root / "results", TinyNet(labels=MANY, mirror=(2,), folds=1))
    with_torch(
        "models", "import", results, "--license", "LicenseRef-own", "--orientation", "LPS", "--precision", "fp32",
        library=root / "library",
    )  # fmt: skip
    return root / "library"


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a phantom."""
    folder = tmp_path_factory.mktemp("series")
    for number, content in enumerate(files_of(phantom_series())):
        (folder / f"{number}.dcm").write_bytes(content)
    return folder


def contours(file: Path) -> tuple[dict[str, list[str]], str]:
    """The contours of each ROI, and what the RTSTRUCT says of who drew."""
    read = pydicom.dcmread(file)
    names = {int(one.ROINumber): str(one.ROIName) for one in read.StructureSetROISequence}
    drawn = {
        names[int(one.ReferencedROINumber)]: [str(part.ContourData) for part in one.ContourSequence]
        for one in read.ROIContourSequence
    }
    return drawn, str(read.ContributingEquipmentSequence[0].ContributionDescription)


def tiny(library: Path) -> Package:
    """The package."""
    return open_package(library / "tiny")


def test_a_converted_model_is_drawn_without_torch_as_with_it(library: Path, series: Path, tmp_path: Path) -> None:
    assert read_converted(tiny(library)) is not None
    with_torch("segment", series, "--model", "tiny", "-o", tmp_path / "with.dcm", library=library)
    made = without_torch("segment", series, "--model", "tiny", "-o", tmp_path / "without.dcm", library=library)
    assert made.returncode == 0, made.stderr
    (wanted, said), (found, said_without) = contours(tmp_path / "with.dcm"), contours(tmp_path / "without.dcm")
    assert wanted
    assert found == wanted
    assert "OpenVINO, cpu fp32" in said
    assert said_without == said


def test_torch_draws_the_same_and_says_that_it_did(library: Path, series: Path, tmp_path: Path) -> None:
    with_torch("segment", series, "--model", "tiny", "-o", tmp_path / "openvino.dcm", library=library)
    copy = tmp_path / "library"
    shutil.copytree(library, copy)
    forget(tiny(copy))
    refused = WITHOUT_TORCH.replace('("torch", "monai", "onnxruntime")', '("openvino",)').replace(
        'in ("torch", "openvino_telemetry")', 'in ("openvino",)'
    )
    subprocess.run(
        [sys.executable, "-c", refused, "segment", series, "--model", "tiny", "-o", tmp_path / "torch.dcm"],
        env={**os.environ, "AUTOCONTOUR_MODELS": str(copy)},
        cwd=Path(__file__).parents[4],
        check=True,
    )
    (wanted, said), (found, _) = contours(tmp_path / "torch.dcm"), contours(tmp_path / "openvino.dcm")
    assert "(torch-nnunet, torch, cpu fp32)" in said
    assert found.keys() == wanted.keys()
    parts = [part for name in wanted for part in wanted[name]]
    assert sum(part in found[name] for name in wanted for part in wanted[name]) >= 0.99 * len(parts)


def test_a_converted_package_is_imported_without_torch(library: Path, series: Path, tmp_path: Path) -> None:
    other = tmp_path / "library"
    made = without_torch("models", "import", library / "tiny", library=other)
    assert made.returncode == 0, made.stderr
    assert "converted for openvino" in made.stdout
    assert read_converted(tiny(other)) == read_converted(tiny(library))
    drawn = without_torch("segment", series, "--model", "tiny", "-o", tmp_path / "out.dcm", library=other)
    assert drawn.returncode == 0, drawn.stderr
    assert "OpenVINO, cpu fp32" in contours(tmp_path / "out.dcm")[1]


@pytest.mark.parametrize("what", ["results", "package"])
def test_what_needs_torch_says_so_with_the_way_out(library: Path, tmp_path: Path, what: str) -> None:
    path = library.parent / "results"
    if what == "package":
        shutil.copytree(library / "tiny", tmp_path / "tiny")
        forget(open_package(tmp_path / "tiny"))
        path = tmp_path / "tiny"
    made = without_torch(
        "models", "import", path, "--license", "MIT", "--orientation", "LPS", library=tmp_path / "library"
    )
    assert made.returncode == 1
    assert "torch" in made.stderr
    assert 'extra "torch"' in made.stderr
    assert 'extra "cpu"' in made.stderr
    assert "Traceback" not in made.stderr


def test_the_commands_say_what_is_converted(library: Path) -> None:
    shown = json.loads(without_torch("models", "show", "tiny", library=library).stdout)
    assert ["converted for openvino" in line for line in shown["converted"]] == [True]
    (listed,) = [
        one
        for one in json.loads(without_torch("models", "list", "--json", library=library).stdout)
        if one["Name"] == "tiny"
    ]
    assert listed["Converted"] is True


def test_an_earlier_package_is_converted_by_the_command(library: Path, tmp_path: Path) -> None:
    copy = tmp_path / "library"
    shutil.copytree(library, copy)
    forget(tiny(copy))
    missing = without_torch("models", "convert", "tiny", library=copy)
    assert missing.returncode == 1
    assert "ENGINE_NOT_INSTALLED" in missing.stderr or 'extra "torch"' in missing.stderr
    with_torch("models", "convert", "tiny", library=copy)
    with_torch("models", "convert", "tiny", "--anew", library=copy)
    record = read_converted(tiny(copy))
    assert record is not None
    assert [one.refused for one in record.networks] == [""]
