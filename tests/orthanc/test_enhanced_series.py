"""In a real Orthanc: enhanced CT and MR give the contours of the classic series that they were made from."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.builders.enhanced_series import MAKERS, Maker, enhanced
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import Phantom, files_of, phantom_series

PHANTOM = Phantom(slices=12)
Outlines = dict[str, dict[float, list[list[float]]]]


def classic() -> list[Dataset]:
    """A CT whose slices differ, in values and in rescale."""
    made = phantom_series(PHANTOM)
    for number, one in enumerate(made):
        array = one.pixel_array.copy()
        array[40:60, 40 + number : 60 + number] += 200
        one.PixelData = (array - number).tobytes()
        one.RescaleIntercept = str(int(one.RescaleIntercept) + number)
    return made


def job_of(orthanc: OrthancProcess, objects: Sequence[Dataset]) -> dict[str, Any]:
    job = dict(orthanc.job_of(orthanc.store_all(files_of(list(objects))), seconds=240))
    assert job["State"] == "done", job["Error"]
    return job


def outlines(orthanc: OrthancProcess, job: dict[str, Any]) -> Outlines:
    """Points of each contour, by structure and by height."""
    made = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    names = {int(roi.ROINumber): str(roi.ROIName) for roi in made.StructureSetROISequence}
    found: Outlines = {}
    for roi in made.ROIContourSequence:
        heights = found.setdefault(names[int(roi.ReferencedROINumber)], {})
        for contour in roi.ContourSequence:
            points = [float(value) for value in contour.ContourData]
            heights.setdefault(points[2], []).append(points)
    return {name: {height: sorted(found) for height, found in places.items()} for name, places in found.items()}


@pytest.fixture
def expected(orthanc: OrthancProcess) -> Outlines:
    return outlines(orthanc, job_of(orthanc, classic()))


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.name)
def test_enhanced_ct_gives_the_contours_of_the_classic_one(
    maker: Maker, orthanc: OrthancProcess, expected: Outlines
) -> None:
    job = job_of(orthanc, enhanced(classic(), maker, shuffle=5))
    assert job["Instances"] == PHANTOM.slices
    assert outlines(orthanc, job) == expected
