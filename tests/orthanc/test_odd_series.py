"""In a real Orthanc: odd forms of plain values, and odd acquisitions, end with contours on the organs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from plugin.privacy.reading import quiet_pydicom
from tests.builders import rasteriser
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.person import Person, Scan
from tests.builders.phantom import files_of
from tests.builders.scanned import Planes, along_z, looked_up, scanned

AXIAL = Planes((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), along_z(-60.0, 100.0, 5.0))
TILT = np.radians(18.0)


@cache
def chest() -> Scan:
    return Person(reach=(-140.0, 160.0), step=4.0, pixel=4.0).scan()


def contoured(orthanc: OrthancProcess, slices: list[Dataset], planes: Planes) -> dict[str, Any]:
    """The job of a series whose contours an independent reader finds on the lungs."""
    job = orthanc.job_of(orthanc.store_all(files_of(slices)), seconds=300)
    assert job["State"] == "done", job["Error"]
    content = orthanc.get(f"/instances/{job['Rtstruct']}/file").content
    drawn = rasteriser.masks(content, slices)
    lungs = looked_up(chest().lungs, chest(), planes, 0, 0)
    for roi, number in (("Lung_R", 1), ("Lung_L", 2)):
        right = lungs == number
        overlap = 2.0 * int((drawn[roi] & right).sum()) / (int(drawn[roi].sum()) + int(right.sum()))
        assert overlap > 0.93, (roi, overlap)
    return dict(job)


def as_doubles(one: Dataset) -> None:
    """Numbers as a writer prints doubles, with signs and blanks."""
    x, y, z = (float(value) for value in one.ImagePositionPatient)
    one.ImagePositionPatient = [f"{x:+.17f}", f" {y:.20f}", f"{z:.18f}"]
    one.ImageOrientationPatient = ["+1.00000000000000000000", "0", "0.00", "-0.00000000000000000000", " 1.0", "0"]
    one.PixelSpacing = ["4.000000000000000000", "004.0"]
    one.RescaleIntercept, one.RescaleSlope = "-1024.0000000000000000", "+1.00"


def in_small_letters(one: Dataset) -> None:
    one.Modality, one.PatientPosition, one.PhotometricInterpretation = "ct", "hfs ", "Monochrome2"
    one.ImageType = ["original", "Primary", "axial"]


def with_nothing_in_them(one: Dataset) -> None:
    for keyword in ("SliceThickness", "KVP", "PatientPosition", "InstanceNumber", "NumberOfFrames", "RescaleType"):
        setattr(one, keyword, None)


@pytest.mark.parametrize("change", [as_doubles, in_small_letters, with_nothing_in_them])
def test_odd_forms_of_plain_values_are_taken(change: Callable[[Dataset], None], orthanc: OrthancProcess) -> None:
    quiet_pydicom()
    slices = scanned(chest(), AXIAL, f"odd {change.__name__}")
    for one in slices:
        change(one)
    job = contoured(orthanc, slices, AXIAL)
    assert job["Warnings"] == []


def test_slices_without_image_type_are_contoured_and_it_is_said(orthanc: OrthancProcess) -> None:
    slices = scanned(chest(), AXIAL, "no image type")
    for number, one in enumerate(slices):
        if number % 2:
            del one.ImageType
        else:
            one.ImageType = None
    job = contoured(orthanc, slices, AXIAL)
    assert [
        said for said in job["Warnings"] if said.startswith(f"ImageType is missing or empty in {len(slices)} slice")
    ]


def test_a_comma_in_a_position_is_refused_by_its_name(orthanc: OrthancProcess) -> None:
    quiet_pydicom()
    slices = scanned(chest(), AXIAL, "comma")
    for one in slices:
        x, y, z = one.ImagePositionPatient
        one.add_new("ImagePositionPatient", "LO", [str(x), str(y), f"{float(z):.1f}".replace(".", ",")])
        one["ImagePositionPatient"].VR = "DS"
    series = orthanc.store_all(files_of(slices))
    job = orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct", "Target": "local"}).json()
    assert (job["State"], job["Error"]["Code"]) == ("failed", "GEOMETRY_MISSING")
    assert "ImagePositionPatient" in job["Error"]["Message"]
    assert "a comma is no decimal point" in job["Error"]["Message"]


@pytest.mark.parametrize(
    "planes",
    [
        replace(AXIAL, row=(0.0, -1.0, 0.0), column=(1.0, 0.0, 0.0), position="HFDL"),
        replace(AXIAL, row=(-1.0, 0.0, 0.0), position="FFS"),
        replace(AXIAL, column=(0.0, float(np.cos(TILT)), float(np.sin(TILT)))),
        replace(AXIAL, middles=np.concatenate([along_z(-60.0, 0.0, 2.5), along_z(2.5, 110.0, 7.5)])),
    ],
    ids=["on the left side", "feet first", "gantry tilted", "steps of 2.5, then 7.5 mm"],
)
def test_contours_of_odd_acquisitions_lie_on_the_organs(planes: Planes, orthanc: OrthancProcess) -> None:
    job = contoured(orthanc, scanned(chest(), planes, f"acquisition {planes.position} {planes.middles[-1]}"), planes)
    uneven = len(np.unique(np.round(np.diff(planes.middles[:, 2]), 3))) > 1
    assert [said for said in job["Warnings"] if "not evenly spaced" in said] == job["Warnings"]
    assert bool(job["Warnings"]) is uneven
