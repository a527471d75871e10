"""A network that was converted elsewhere is drawn in a container that has no torch, and draws the same there."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pydicom
import pytest

from tests.builders.long_tests import long
from tests.builders.orthanc_process import CHECKOUT
from tests.builders.phantom import files_of, phantom_series
from tests.builders.with_openvino import require_openvino

pytest.importorskip("torch", reason="what imports the network here needs torch, which this machine was set up without")
require_openvino()

IMAGE = "autocontour-service-without-torch"
NAME = "halves"


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (arguments, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout.strip()


@pytest.fixture(scope="module")
def image() -> str:
    file = str(CHECKOUT / "docker/Dockerfile")
    docker("build", "-q", "-f", file, "--target=service", "--build-arg=TORCH=none", "-t", IMAGE, str(CHECKOUT))
    return IMAGE


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the container's user reads: a library with one converted package, and the files of a series."""
    from model.importing.draft import ImportOptions
    from model.importing.from_path import import_model
    from tests.builders import sided

    folder = tmp_path_factory.mktemp("shared")
    options = ImportOptions(name=NAME, license="MIT", precision="fp32", description=sided.description_of_halves("LPS"))
    file = sided.halves(tmp_path_factory.mktemp("file"))
    import_model(file, folder / "models", options, samples=sided.samples)
    (folder / "series").mkdir()
    (folder / "out").mkdir()
    for number, slice_file in enumerate(files_of(phantom_series())):
        (folder / "series" / f"{number}.dcm").write_bytes(slice_file)
    for one in (folder, *folder.rglob("*")):
        one.chmod(0o777 if one.is_dir() else 0o644)
    return folder


def contours(file: bytes) -> dict[str, list[list[float]]]:
    written = pydicom.dcmread(io.BytesIO(file))
    names = {roi.ROINumber: str(roi.ROIName) for roi in written.StructureSetROISequence}
    return {
        names[roi.ReferencedROINumber]: [[float(number) for number in one.ContourData] for one in roi.ContourSequence]
        for roi in written.ROIContourSequence
    }


@long
def test_a_converted_network_draws_the_same_without_torch(image: str, shared: Path) -> None:
    folder = ["-v", f"{shared}:/shared", "-e", "AUTOCONTOUR_MODELS=/shared/models"]
    run = ["run", "--rm", "--network=none", *folder, image]
    installed = "import importlib.util as u; print([one for one in ('torch', 'openvino') if u.find_spec(one)])"
    assert docker(*run, "python", "-c", installed) == "['openvino']"
    docker(*run, "autocontour", "segment", "/shared/series", "--model", NAME, "-o", "/shared/out/there.dcm")
    here = shared / "here.dcm"
    subprocess.run(
        [".venv/bin/autocontour", "segment", str(shared / "series"), "--model", NAME, "-o", str(here)],
        cwd=CHECKOUT, env=os.environ | {"AUTOCONTOUR_MODELS": str(shared / "models")}, check=True,
    )  # fmt: skip
    there = contours((shared / "out" / "there.dcm").read_bytes())
    assert there == contours(here.read_bytes())
    assert len(there) == 2, "both halves are drawn"
