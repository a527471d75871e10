"""In a real Orthanc: what scanners store beside their slices makes no job, or an excluded one that says what it is."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    MRImageStorage,
    RawDataStorage,
    SecondaryCaptureImageStorage,
)

from tests.builders.enhanced_series import enhanced
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import file_of, files_of, phantom_series

# Philips' conformance statements: "Private MR Examcard Storage", in every MR study.
EXAM_CARD = "1.3.46.670589.11.0.0.12.4"
EVERYTHING = {"Name": "everything", "When": {"Modality": ["CT", "MR"]}, "Then": {"Model": "hu-ct", "Target": "local"}}
PIXELS = ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation")
PLANE = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "SamplesPerPixel")


@pytest.fixture(scope="module")
def eager_orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    """An Orthanc in which a rule wants everything that calls itself CT or MR."""
    server = OrthancProcess(tmp_path_factory.mktemp("orthanc"), section={"Rules": [EVERYTHING]}).start()
    yield server
    server.stop()


@pytest.fixture
def eager(eager_orthanc: OrthancProcess) -> Iterator[OrthancProcess]:
    yield eager_orthanc
    eager_orthanc.wipe()


def beside(slices: list[Dataset], number: int, sop_class: str, *, without: tuple[str, ...] = ()) -> Dataset:
    """One more object of the study, in a series of its own."""
    made = deepcopy(slices[0])
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = UID(sop_class)
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = UID(f"{slices[0].SOPInstanceUID}.{number}")
    made.SeriesInstanceUID = f"{slices[0].SeriesInstanceUID}.{number}"
    made.SeriesNumber = number
    for keyword in without:
        if keyword in made:
            delattr(made, keyword)
    return made


def outcome_of(orthanc: OrthancProcess, series: str) -> dict[str, Any]:
    def decided() -> Any:
        said = orthanc.json(f"/autocontour/series/{series}")
        return said["Outcome"] != "arriving" and said

    return dict(until(decided, "the series is decided on"))


def test_a_philips_study_has_a_job_for_its_slices_and_none_beside_it(eager: OrthancProcess) -> None:
    slices = phantom_series(
        SOPClassUID=MRImageStorage, Modality="MR", ImageType=["ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"]
    )
    for one in slices:
        one.file_meta.MediaStorageSOPClassUID = MRImageStorage
    classes = (GrayscaleSoftcopyPresentationStateStorage, EXAM_CARD, RawDataStorage)
    no_images = [
        eager.store_all([file_of(beside(slices, number, one, without=PIXELS + PLANE))])
        for number, one in enumerate(classes, 101)
    ]
    images = eager.store_all(files_of(slices))
    for series in no_images:
        said = outcome_of(eager, series)
        assert (said["Outcome"], said["Jobs"]) == ("imageless", [])
        assert "presentation states" in said["Reason"]
    eager.job_of(images)
    assert {job["Series"] for job in eager.jobs()} == {images}
    answer = eager.post(f"/autocontour/series/{no_images[1]}/jobs", json={"Model": "hu-ct"})
    asked = eager.job_of(no_images[1])
    assert answer.status_code == 202
    assert (asked["State"], asked["Error"]["Code"]) == ("excluded", "NO_IMAGE")


@pytest.mark.parametrize("sop_class", [SecondaryCaptureImageStorage, CTImageStorage])
def test_a_saved_screen_that_calls_itself_ct_is_excluded(sop_class: str, eager: OrthancProcess) -> None:
    screen = beside(phantom_series(), 102, sop_class, without=PLANE)
    screen.SamplesPerPixel = 1
    screen.ConversionType = "WSD"
    series = eager.store_all([file_of(screen)])
    job = eager.job_of(series)
    assert (job["State"], job["Error"]["Code"]) == ("excluded", "NOT_A_SLICE")
    assert "1 × secondary capture" in job["Error"]["Message"]
    assert eager.json("/autocontour/evidence/verify")["Valid"]


def test_a_saved_screen_within_a_series_costs_no_contours(eager: OrthancProcess) -> None:
    slices = phantom_series()
    screen = beside(slices, 103, SecondaryCaptureImageStorage, without=PLANE)
    screen.SamplesPerPixel = 1
    screen.SeriesInstanceUID = slices[0].SeriesInstanceUID
    job = eager.job_of(eager.store_all(files_of([*slices, screen])))
    assert job["State"] == "done", job["Error"]
    assert [one["Reason"] for one in job["LeftOut"]] == ["not a slice of a scan"]


def test_enhanced_ct_that_lost_its_functional_groups_is_refused_as_such(eager: OrthancProcess) -> None:
    (broken,) = enhanced(phantom_series())
    del broken.PerFrameFunctionalGroupsSequence
    job = eager.job_of(eager.store_all([file_of(broken)]))
    assert (job["State"], job["Error"]["Code"]) == ("failed", "FRAME_GROUPS")
    assert "1 × Enhanced CT" in job["Error"]["Message"]
    assert "PerFrameFunctionalGroupsSequence" in job["Error"]["Message"]


def test_where_no_rule_matched_it_is_said_that_none_could(orthanc: OrthancProcess) -> None:
    screen = beside(phantom_series(), 104, SecondaryCaptureImageStorage, without=PLANE)
    screen.SamplesPerPixel = 1
    said = outcome_of(orthanc, orthanc.store_all([file_of(screen)]))
    assert (said["Outcome"], said["Jobs"]) == ("none", [])
    assert "secondary capture" in said["Reason"]
