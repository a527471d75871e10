"""An RTSTRUCT that was edited and kept our UID is a version or is refused by name; it is never taken for ours."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pydicom
import pytest
from pydicom.uid import generate_uid

from tests.builders.orthanc_process import OrthancProcess, until
from tests.orthanc.test_edits_are_compared import Contoured, another_version, contoured_in, outcome_of


@pytest.fixture(scope="module")
def overwriting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    """An Orthanc in which the last file under a UID is the one that stays."""
    server = OrthancProcess(tmp_path_factory.mktemp("overwriting"), options={"OverwriteInstances": True}).start()
    yield server
    server.stop()


@pytest.fixture
def contoured(overwriting: OrthancProcess) -> Contoured:
    return contoured_in(overwriting)


def moved(dataset: pydicom.Dataset) -> pydicom.Dataset:
    """The same UID, the first ROI moved by 12 mm to the patient's left."""
    made = copy.deepcopy(dataset)
    for contour in made.ROIContourSequence[0].ContourSequence:
        points = [float(value) for value in contour.ContourData]
        points[::3] = [value + 12.0 for value in points[::3]]
        contour.ContourData = [f"{value:.2f}" for value in points]
    return made


def job_of(contoured: Contoured) -> dict[str, Any]:
    found: dict[str, Any] = contoured.orthanc.json(f"/autocontour/jobs/{contoured.job['ID']}")
    return found


def test_ours_that_comes_again_in_other_bytes_is_ours(contoured: Contoured) -> None:
    again = copy.deepcopy(contoured.ours)
    again.file_meta.ImplementationVersionName = "SOMEBODY"
    again.SeriesDescription = "Returned"
    instance = contoured.store(again)
    assert outcome_of(contoured.orthanc, instance)["State"] == "ours"
    version = contoured.version(contoured.store(another_version(contoured.ours)))
    assert version["State"] == "compared", "ours is still what was drawn"


def test_an_edit_in_the_place_of_ours_is_refused_said_in_the_job_and_nothing_is_compared_with_it(
    contoured: Contoured,
) -> None:
    instance = contoured.store(moved(contoured.ours))
    assert instance == contoured.job["Rtstruct"]
    said = until(
        lambda: (one := outcome_of(contoured.orthanc, instance))["State"] == "refused" and one, "the edit is seen"
    )
    assert said["Code"] == "STRUCTURE_SET_OURS_CHANGED"
    assert any("under the same UID" in sentence for sentence in job_of(contoured)["Warnings"])
    version = contoured.version(contoured.store(another_version(contoured.ours)))
    assert (version["State"], version["Code"]) == ("refused", "COMPARISON_OURS_CHANGED")


def test_an_edit_under_our_uid_in_another_series_is_a_version(contoured: Contoured) -> None:
    edited = moved(contoured.ours)
    edited.SeriesInstanceUID = generate_uid()
    version = contoured.version(contoured.store(edited))
    assert (version["State"], version["Link"]) == ("compared", "predecessor")
    assert [roi["Verdict"] for roi in contoured.rois().values()].count("edited") == 1


def test_ours_that_was_approved_as_it_is_is_an_approved_version(contoured: Contoured) -> None:
    approved = copy.deepcopy(contoured.ours)
    approved.ApprovalStatus, approved.ReviewDate, approved.ReviewTime = "APPROVED", "20260305", "101500"
    version = contoured.version(contoured.store(approved))
    assert (version["State"], version["Approval"]) == ("compared", "APPROVED")
    assert {roi["Verdict"] for roi in contoured.rois().values()} == {"untouched"}


def test_an_edit_of_ours_that_had_been_deleted_is_refused(contoured: Contoured) -> None:
    contoured.orthanc.delete(f"/instances/{contoured.job['Rtstruct']}")
    until(lambda: job_of(contoured)["Rtstruct"] is None, "the job knows")
    instance = contoured.store(moved(contoured.ours))
    said = until(
        lambda: (one := outcome_of(contoured.orthanc, instance))["State"] == "refused" and one, "the edit is seen"
    )
    assert said["Code"] == "STRUCTURE_SET_OURS_CHANGED"
