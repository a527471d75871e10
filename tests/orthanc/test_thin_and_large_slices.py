"""In a real Orthanc: a thousand slices of 0.4 mm, and slices of 1024 × 1024: contours lie on the slices they name."""

from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest

from tests.builders.long_tests import long
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import Phantom, files_of, phantom_series

THIN = Phantom(slices=1000, size=96, pixel_mm=4.0, step_mm=0.4)
LARGE = Phantom(slices=40, size=1024, pixel_mm=0.375, step_mm=5.0)
LARGE_AND_LONG = Phantom(slices=300, size=1024, pixel_mm=0.375, step_mm=0.8)


@pytest.mark.parametrize(
    "phantom", [THIN, LARGE, pytest.param(LARGE_AND_LONG, marks=long)], ids=["thin", "large", "large and long"]
)
def test_contours_lie_on_the_slices_that_they_name(phantom: Phantom, orthanc: OrthancProcess) -> None:
    slices = phantom_series(phantom)
    heights = {str(one.SOPInstanceUID): float(one.ImagePositionPatient[2]) for one in slices}
    job = orthanc.job_of(orthanc.store_all(files_of(slices)), seconds=600)
    assert job["State"] == "done", job["Error"]
    assert (job["Instances"], job["LeftOut"]) == (phantom.slices, [])
    written = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    (external,) = [roi.ROINumber for roi in written.StructureSetROISequence if roi.ROIName == "External"]
    (outline,) = [one for one in written.ROIContourSequence if one.ReferencedROINumber == external]
    named = [one.ContourImageSequence[0].ReferencedSOPInstanceUID for one in outline.ContourSequence]
    assert set(named) == heights.keys()
    for uid, contour in zip(named, outline.ContourSequence, strict=True):
        assert {round(float(z), 3) for z in contour.ContourData[2::3]} == {round(heights[uid], 3)}
    volume = next(roi["Volume"] for roi in job["Rois"] if roi["Name"] == "External")
    # An ellipse with semi-axes of 110 and 160 mm.
    assert volume == pytest.approx(np.pi * 11 * 16 * phantom.slices * phantom.step_mm / 10, rel=0.02)
