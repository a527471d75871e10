"""Jobs with imported models on a real Orthanc: what is known of left and right reaches the job and the RTSTRUCT."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest

from model.errors import InputRefused
from model.packages.package import open_package
from model.packages.sides import Sides, write_sides
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess
from tests.builders.phantom import files_of, phantom_series

pytest.importorskip("torch", reason="network engines need torch, which this machine was set up without")

Start = Callable[..., OrthancProcess]


def silent(fraction: float, words: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a verified model, one that is not verifiable, and one that was mirrored by hand."""
    from model.importing.draft import ImportOptions
    from model.importing.from_path import import_model
    from model.sides.check import ensure_sides
    from tests.builders import sided

    library = tmp_path_factory.mktemp("models")
    file = sided.halves(tmp_path_factory.mktemp("file"))
    for name in ("verified", "unverifiable", "mirrored"):
        options = ImportOptions(name=name, license="MIT", description=sided.description_of_halves("LPS"))
        import_model(file, library, options, samples=sided.samples)
    write_sides(open_package(library / "unverifiable"), Sides(verdict="not verifiable", reason="made up"))
    document = json.loads((library / "mirrored/model.json").read_text())
    document["input"]["orientation"] = "RPS"
    (library / "mirrored/model.json").write_text(json.dumps(document))
    with pytest.raises(InputRefused, match="SIDES"):
        ensure_sides(open_package(library / "mirrored"), silent, samples=sided.samples)
    return library


def job_with(start_orthanc: Start, models: Path, name: str) -> tuple[OrthancProcess, dict[str, Any]]:
    """The job of a phantom under a rule that names the model."""
    rule = AXIAL_CT | {"Then": {"Model": name, "Target": "local"}}
    orthanc = start_orthanc(section={"Rules": [rule], "ModelsDirectory": str(models)})
    return orthanc, orthanc.job_of(orthanc.store_all(files_of(phantom_series())))


@pytest.mark.parametrize(
    ("name", "verdict", "warned"), [("verified", "verified", 0), ("unverifiable", "not verifiable", 1)]
)
def test_the_job_and_the_rtstruct_say_what_is_known(
    start_orthanc: Start, models: Path, name: str, verdict: str, warned: int
) -> None:
    orthanc, job = job_with(start_orthanc, models, name)
    assert job["State"] == "done", job["Error"]
    assert job["Algorithm"]["Sides"] == verdict
    told = [one for one in job["Warnings"] if "Left and right" in one]
    assert len(told) == warned
    written = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert f"sides {verdict}" in written.ContributingEquipmentSequence[0].ContributionDescription
    for roi, contour in zip(written.StructureSetROISequence, written.ROIContourSequence, strict=True):
        xs = [float(x) for one in contour.ContourSequence for x in one.ContourData[::3]]
        assert (sum(xs) / len(xs) > 0) == (roi.ROIName == "Kidney_L")


def test_a_mirrored_model_draws_nothing(start_orthanc: Start, models: Path) -> None:
    orthanc, job = job_with(start_orthanc, models, "mirrored")
    assert job["State"] == "failed"
    assert job["Error"]["Code"] == "SIDES"
    assert orthanc.rtstructs() == []
