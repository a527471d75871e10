"""In a real Orthanc: a CT that is no CT in HU is refused; planes and steps that only look odd cost no slice."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom import Dataset

from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import Phantom, files_of, phantom_series

PHANTOM = Phantom(slices=24)


def series(change: Callable[[Dataset, int], None]) -> list[Dataset]:
    made = phantom_series(PHANTOM)
    for number, one in enumerate(made):
        change(one, number)
    return made


def job_of(orthanc: OrthancProcess, made: list[Dataset]) -> dict[str, Any]:
    return dict(orthanc.job_of(orthanc.store_all(files_of(made)), seconds=240))


def referenced(orthanc: OrthancProcess, job: dict[str, Any]) -> int:
    made = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    study = made.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    return len(study.RTReferencedSeriesSequence[0].ContourImageSequence)


def first_three_off(one: Dataset, number: int) -> None:
    if number < 3:
        one.ImageOrientationPatient = ["1", "0.0002", "0", "-0.0002", "1", "0"]


def noisy(one: Dataset, number: int) -> None:
    off = np.random.default_rng(number).uniform(-2e-4, 2e-4, 6)
    one.ImageOrientationPatient = [f"{value:.7f}" for value in np.array([1, 0, 0, 0, 1, 0]) + off]


def coarse_from_the_middle(one: Dataset, number: int) -> None:
    x, y, z = (float(value) for value in one.ImagePositionPatient)
    one.ImagePositionPatient = [x, y, z + 10.0 * max(0, number - 14)]


@pytest.mark.parametrize("change", [first_three_off, noisy, coarse_from_the_middle])
def test_every_slice_is_drawn_on(change: Callable[[Dataset, int], None], orthanc: OrthancProcess) -> None:
    job = job_of(orthanc, series(change))
    assert job["State"] == "done", job["Error"]
    assert referenced(orthanc, job) == PHANTOM.slices
    assert job["LeftOut"] == []


def test_a_change_of_step_is_said_in_the_job_and_in_the_structure_set(orthanc: OrthancProcess) -> None:
    job = job_of(orthanc, series(coarse_from_the_middle))
    assert job["State"] == "done", job["Error"]
    assert [said for said in job["Warnings"] if "14 step(s) of 5.0 mm, then 9 step(s) of 15.0 mm" in said]
    made = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert "not evenly spaced" in made.StructureSetDescription
    assert {"not evenly spaced" in roi.ROIDescription for roi in made.StructureSetROISequence} == {True}
    external = next(roi for roi in job["Rois"] if roi["Name"] == "External")
    # An ellipse of 110 by 160 mm over 5 / 2 + 14 × 5 + 9 × 15 + 15 / 2 mm.
    assert external["Volume"] == pytest.approx(np.pi * 11 * 16 * 21.5, rel=0.02)


def test_a_gap_says_between_which_positions(orthanc: OrthancProcess) -> None:
    made = phantom_series(PHANTOM)
    job = job_of(orthanc, [*made[:6], *made[7:15], *made[18:]])
    assert (job["State"], job["Error"]["Code"]) == ("failed", "GEOMETRY_GAP")
    assert "1 between -275.0 and -265.0 mm, 3 between -230.0 and -210.0 mm" in job["Error"]["Message"]


def density(one: Dataset, number: int) -> None:
    one.RescaleType = "ED"
    one.RescaleIntercept = str(int(one.RescaleIntercept) + 1000)


def density_by_another_name(one: Dataset, number: int) -> None:
    density(one, number)
    one.RescaleType = "REL_ED"


def density_called_hu(one: Dataset, number: int) -> None:
    density(one, number)
    one.RescaleType = "HU"


@pytest.mark.parametrize(
    ("change", "state", "code"),
    [
        (density, "failed", "VALUES_NOT_HU"),
        (density_by_another_name, "rejected", "SOURCE"),
        (density_called_hu, "failed", "VALUES_IMPLAUSIBLE"),
    ],
)
def test_a_map_of_density_is_not_drawn_as_hounsfield_units(
    change: Callable[[Dataset, int], None], state: str, code: str, orthanc: OrthancProcess
) -> None:
    job = job_of(orthanc, series(change))
    assert (job["State"], job["Error"]["Code"]) == (state, code)
    assert job["Rtstruct"] is None
