"""Structure sets that are damaged, foreign or odd: each is described, and whatever comes next is compared."""

from __future__ import annotations

import copy
import io
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pydicom
import pytest
from pydicom.uid import generate_uid

from tests.builders.edited import PINNACLE, returned
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.orthanc.test_edits_are_compared import (
    Contoured,
    another_version,
    content_of,
    contoured_in,
    outcome_of,
    store,
)

CONTOUR_DATA = b"\x06\x30\x50\x00"


@pytest.fixture(scope="module")
def contoured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contoured]:
    """An Orthanc in which the last file under a UID stays, with one contoured series and a table of names."""
    section = {"Quality": {"Names": {"oar lung_l final": "Lung_L", "oar lung_r final": "Lung_R"}}}
    folder = tmp_path_factory.mktemp("odd")
    server = OrthancProcess(folder, section, options={"OverwriteInstances": True}).start()
    yield contoured_in(server)
    server.stop()


@pytest.fixture(autouse=True)
def goes_on(contoured: Contoured) -> Iterator[None]:
    """After each: the gateway is that of before, healthy, and compares the next version."""
    before = contoured.orthanc.gateway_pid()
    yield
    assert contoured.version(contoured.store(another_version(contoured.ours)))["State"] == "compared"
    health = contoured.orthanc.json("/autocontour/health")
    assert (health["Process"], health["Status"]) == (before, "ok")


def with_first_number(content: bytes, text: bytes) -> bytes:
    """The file with other characters in the place of the first coordinate."""
    start = content.index(CONTOUR_DATA) + 8
    end = content.index(b"\\", start)
    return content[:start] + text[: end - start].ljust(end - start) + content[end:]


def test_a_file_that_ends_amid_its_contours_is_not_even_taken_by_orthanc(contoured: Contoured) -> None:
    content = content_of(another_version(contoured.ours))
    assert contoured.orthanc.post("/instances", data=content[: len(content) * 2 // 3]).status_code == 400


@pytest.mark.parametrize("text", [b"NaN", b"1e9", b"x"])
def test_a_coordinate_that_is_no_place_makes_its_roi_not_comparable_and_no_other(
    contoured: Contoured, text: bytes
) -> None:
    version = contoured.version(
        store(contoured.orthanc, with_first_number(content_of(another_version(contoured.ours)), text))
    )
    assert version["State"] == "compared"
    verdicts = [roi["Verdict"] for roi in contoured.rois().values()]
    assert verdicts.count("not comparable") == 1
    assert set(verdicts) == {"not comparable", "untouched"}


def without_rois(dataset: pydicom.Dataset) -> None:
    dataset.StructureSetROISequence, dataset.ROIContourSequence, dataset.RTROIObservationsSequence = [], [], []


def without_contours(dataset: pydicom.Dataset) -> None:
    for drawn in dataset.ROIContourSequence:
        del drawn.ContourSequence


def without_points(dataset: pydicom.Dataset) -> None:
    for drawn in dataset.ROIContourSequence:
        for contour in drawn.ContourSequence:
            contour.ContourData, contour.NumberOfContourPoints = None, 0


@pytest.mark.parametrize("damage", [without_rois, without_contours])
def test_a_structure_set_without_anything_has_deleted_all(
    contoured: Contoured, damage: Callable[[pydicom.Dataset], None]
) -> None:
    made = another_version(contoured.ours)
    damage(made)
    assert contoured.version(contoured.store(made))["State"] == "compared"
    assert {roi["Verdict"] for roi in contoured.rois().values()} == {"deleted"}


def test_contours_without_points_are_no_untouched_ones(contoured: Contoured) -> None:
    made = another_version(contoured.ours)
    without_points(made)
    assert contoured.version(contoured.store(made))["State"] == "compared"
    assert {roi["Verdict"] for roi in contoured.rois().values()} <= {"deleted", "not comparable"}


def test_contours_that_name_images_of_nobody_are_compared_where_they_lie(contoured: Contoured) -> None:
    made = another_version(contoured.ours)
    for drawn in made.ROIContourSequence:
        for contour in drawn.ContourSequence:
            contour.ContourImageSequence[0].ReferencedSOPInstanceUID = generate_uid()
    version = contoured.version(contoured.store(made))
    assert version["State"] == "compared"
    assert {roi["Verdict"] for roi in contoured.rois().values()} <= {"untouched", "not comparable"}


def test_one_that_lies_under_another_patient_is_refused(contoured: Contoured) -> None:
    made = another_version(contoured.ours, PatientID="ANOTHER-1", PatientName="Another^One")
    made.StudyInstanceUID = generate_uid()
    said = outcome_of(contoured.orthanc, contoured.store(made))
    assert (said["State"], said["Code"]) == ("refused", "STRUCTURE_SET_OTHER_PATIENT")


def test_one_under_our_uid_under_another_patient_is_refused(contoured: Contoured) -> None:
    made = copy.deepcopy(contoured.ours)
    made.PatientID, made.StudyInstanceUID = "ANOTHER-2", generate_uid()
    said = outcome_of(contoured.orthanc, contoured.store(made))
    assert (said["State"], said["Code"]) == ("refused", "STRUCTURE_SET_OTHER_PATIENT")


def test_one_on_another_series_of_the_same_frame_is_tied_by_the_frame_and_says_so(contoured: Contoured) -> None:
    orthanc = contoured.orthanc
    frame = str(contoured.ours.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID)
    slices = phantom_series(Phantom(slices=14, pixel_mm=2.5, step_mm=4.0), FrameOfReferenceUID=frame)
    for one in slices:
        one.PatientID, one.PatientName = contoured.ours.PatientID, contoured.ours.PatientName
        one.StudyInstanceUID = contoured.ours.StudyInstanceUID
    other = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert other["State"] == "done", other["Error"]
    drawn = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{other['Rtstruct']}/file").content))
    version = contoured.version(contoured.store(another_version(drawn)))
    assert (version["State"], version["Link"]) == ("compared", "frame")
    warnings = orthanc.json(f"/autocontour/quality/{contoured.job['ID']}")["Warnings"]
    assert any("other images of the same frame" in sentence for sentence in warnings)


def test_another_file_under_the_uid_of_a_version_is_that_version(contoured: Contoured) -> None:
    first = another_version(contoured.ours)
    instance = contoured.store(first)
    assert contoured.version(instance)["Effective"]
    assert {roi["Verdict"] for roi in contoured.rois().values()} == {"untouched"}
    without_contours(first)
    assert contoured.store(first) == instance
    until(lambda: {roi["Verdict"] for roi in contoured.rois().values()} == {"deleted"}, "it is compared anew")
    versions = contoured.orthanc.json(f"/autocontour/quality/{contoured.job['ID']}")["Versions"]
    assert [one["Instance"] for one in versions].count(instance) == 1


def test_names_that_the_site_lists_are_paired(contoured: Contoured) -> None:
    back = returned(contoured.ours, PINNACLE)
    version = contoured.version(contoured.store(back.dataset))
    assert version["State"] == "compared"
    listed = {"Lung_L", "Lung_R"} & set(back.verdicts)
    assert listed
    rois = contoured.rois()
    assert {name: rois[name]["Verdict"] for name in listed} == {name: back.verdicts[name] for name in listed}


def test_those_of_a_patient_who_objected_are_not_read(contoured: Contoured) -> None:
    orthanc, patient = contoured.orthanc, {"PatientID": "OBJECTOR"}
    assert orthanc.post("/autocontour/subjects/objection", json=patient).status_code == 200
    made = another_version(contoured.ours, PatientID="OBJECTOR")
    made.StudyInstanceUID = generate_uid()
    said = outcome_of(orthanc, contoured.store(made))
    assert (said["State"], said["Code"]) == ("refused", "STRUCTURE_SET_OBJECTION")


def test_nothing_is_noted_where_comparing_is_switched_off(start_orthanc: Callable[..., OrthancProcess]) -> None:
    off = contoured_in(start_orthanc(section={"Quality": {"Enabled": False}}))
    orthanc = off.orthanc
    instance = off.store(another_version(off.ours))
    series = orthanc.json(f"/instances/{instance}")["ParentSeries"]
    until(lambda: orthanc.json(f"/autocontour/series/{series}")["Outcome"] == "ignored", "intake has seen it")
    assert "StructureSets" not in orthanc.json(f"/autocontour/series/{series}")
    assert orthanc.json(f"/autocontour/quality/{off.job['ID']}")["Versions"] == []


def test_a_gateway_that_is_killed_before_it_notes_a_structure_set_notes_it_later(
    start_orthanc: Callable[..., OrthancProcess],
) -> None:
    killed = contoured_in(start_orthanc(section={"QuietSeconds": 2.0}))
    instance = killed.store(another_version(killed.ours))
    os.kill(killed.orthanc.gateway_pid(), signal.SIGKILL)
    killed.orthanc.wait_for_gateway()
    series = killed.orthanc.json(f"/instances/{instance}")["ParentSeries"]
    assert killed.version(instance)["State"] == "compared"
    said: dict[str, Any] = outcome_of(killed.orthanc, instance)
    assert (said["State"], said["Images"]) == ("paired", killed.job["Series"])
    assert len(killed.orthanc.json(f"/autocontour/series/{series}")["StructureSets"]) == 1
