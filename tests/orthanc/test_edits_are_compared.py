"""What people made of our RTSTRUCT arrives in Orthanc: it is paired, compared and kept, and starts nothing else."""

from __future__ import annotations

import copy
import csv
import io
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pydicom
import pytest
from pydicom.uid import RTPlanStorage, generate_uid

from tests.builders.edited import FIVE, PlanningSystem, returned
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series


@dataclass(frozen=True)
class Contoured:
    """An Orthanc with one contoured series, its job, and our RTSTRUCT."""

    orthanc: OrthancProcess
    job: dict[str, Any]
    ours: pydicom.Dataset

    def store(self, dataset: pydicom.Dataset) -> str:
        """Store a structure set; returns Orthanc's id."""
        return store(self.orthanc, content_of(dataset))

    def version(self, instance: str) -> dict[str, Any]:
        """The comparison of a version with the job, once it has come to an end."""

        def ended() -> Any:
            versions = self.orthanc.json(f"/autocontour/quality/{self.job['ID']}")["Versions"]
            return next((one for one in versions if one["Instance"] == instance and one["State"] != "waiting"), None)

        found: dict[str, Any] = until(ended, "the version is compared")
        return found

    def rois(self) -> dict[str, dict[str, Any]]:
        """The comparison that counts, by our names."""
        answer = self.orthanc.json(f"/autocontour/quality/{self.job['ID']}")
        return {roi["Name"]: roi for roi in answer["Rois"] if roi["Name"] is not None}


def content_of(dataset: pydicom.Dataset) -> bytes:
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, dataset, enforce_file_format=True)
    return stream.getvalue()


def store(orthanc: OrthancProcess, content: bytes) -> str:
    return str(orthanc.store(content)["ID"])


def contoured_in(orthanc: OrthancProcess) -> Contoured:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    ours = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    return Contoured(orthanc, job, ours)


@pytest.fixture
def contoured(orthanc: OrthancProcess) -> Contoured:
    return contoured_in(orthanc)


@pytest.mark.parametrize("system", FIVE, ids=lambda system: system.name)
def test_each_planning_systems_version_gets_the_right_verdicts(contoured: Contoured, system: PlanningSystem) -> None:
    back = returned(contoured.ours, system)
    version = contoured.version(contoured.store(back.dataset))
    assert version["State"] == "compared", version["Code"]
    assert version["Link"] == ("predecessor" if system.predecessor else "series")
    assert version["Approval"] == system.approval
    rois = contoured.rois()
    known = {name: verdict for name, verdict in back.verdicts.items() if name not in back.aliases.values()}
    assert {name: rois[name]["Verdict"] for name in known} == known


def outcome_of(orthanc: OrthancProcess, instance: str) -> dict[str, Any]:
    """What became of a structure set, once somebody has looked at it."""
    series = orthanc.json(f"/instances/{instance}")["ParentSeries"]

    def looked() -> Any:
        found = orthanc.json(f"/autocontour/series/{series}").get("StructureSets", [])
        return next((one for one in found if one["Instance"] == instance and one["State"] != "new"), None)

    said: dict[str, Any] = until(looked, "the structure set is looked at")
    return said


def assessed(orthanc: OrthancProcess, code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orthanc.json(f"/autocontour/evidence/{code}")["document"]["body"]["Assessed"]
    return found


def another_version(dataset: pydicom.Dataset, **changed: str) -> pydicom.Dataset:
    made = copy.deepcopy(dataset)
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    made.SeriesInstanceUID = generate_uid()
    for keyword, value in changed.items():
        setattr(made, keyword, value)
    return made


def test_an_edit_is_a_number_on_record_and_never_a_job(contoured: Contoured) -> None:
    orthanc, job = contoured.orthanc, contoured.job
    back = returned(contoured.ours, FIVE[0])
    contoured.version(contoured.store(back.dataset))
    edited = next(roi for roi in contoured.rois().values() if roi["Verdict"] == "edited")
    assert 0.0 < edited["Dice"] < 1.0
    assert edited["AddedPathLengthMm"] > 0.0
    assert edited["CentroidShiftMm"][0] == pytest.approx(12.0, abs=0.1), "as far as it was moved to the patient's left"
    assert [one["ID"] for one in orthanc.jobs(Study=job["Study"])] == [job["ID"]], "nothing was contoured again"
    (record,) = assessed(orthanc, job["EvidenceCode"])
    assert (record["Edited"], record["Approved"]) == (1, True)
    (month,) = {row["At"][:7] for row in orthanc.json("/autocontour/quality")["Rows"]}
    assert orthanc.json(f"/autocontour/reports/{month}")["document"]["body"]["Assessed"]["Versions"] >= 1
    table = orthanc.get("/autocontour/quality?Format=csv").text.splitlines()
    assert table[0].startswith("Job,At,Structure,Verdict")
    assert sum(line.startswith(f"{job['ID']},") for line in table) == len(contoured.rois())


def test_an_end_that_was_cut_has_numbers_of_the_slices_that_both_have(contoured: Contoured) -> None:
    orthanc = contoured.orthanc
    cut = another_version(contoured.ours)
    drawn = cut.ROIContourSequence[0].ContourSequence
    last = max(float(contour.ContourData[2]) for contour in drawn)
    cut.ROIContourSequence[0].ContourSequence = [one for one in drawn if float(one.ContourData[2]) < last]
    contoured.version(contoured.store(cut))
    roi = contoured.rois()[str(cut.StructureSetROISequence[0].ROIName)]
    assert (roi["Verdict"], roi["Code"], roi["SlicesCut"]) == ("edited", "ENDS_CUT", 1)
    assert roi["CommonSlices"]["Dice"] == pytest.approx(1.0)
    head, *lines = csv.DictReader(io.StringIO(orthanc.get("/autocontour/quality?Format=csv").text))
    row = next(one for one in [head, *lines] if one["Job"] == contoured.job["ID"] and one["SlicesCut"] == "1")
    assert float(row["CommonDice"]) == pytest.approx(1.0)
    patient = {"PatientID": str(contoured.ours.PatientID)}
    held = orthanc.post("/autocontour/subjects/export", json=patient).json()["Exports"]
    numbers = [one["Numbers"] for export in held for one in export["Comparisons"]]
    assert any("common_slices" in one for one in numbers)


def test_our_own_rtstruct_that_returns_is_no_edit(contoured: Contoured) -> None:
    instance = contoured.store(contoured.ours)
    assert instance == contoured.job["Rtstruct"]
    assert outcome_of(contoured.orthanc, instance)["State"] == "ours"
    assert contoured.orthanc.json(f"/autocontour/quality/{contoured.job['ID']}")["Versions"] == []


def test_the_approved_version_counts_and_each_is_kept(contoured: Contoured) -> None:
    approved = another_version(contoured.ours, ApprovalStatus="APPROVED", ReviewDate="20260102", ReviewTime="101500")
    later = another_version(contoured.ours)
    first = contoured.store(approved)
    assert contoured.version(first)["Approval"] == "APPROVED"
    second = contoured.store(later)
    assert contoured.version(second)["Effective"] is False
    assert contoured.version(first)["Effective"] is True
    assert {roi["Verdict"] for roi in contoured.rois().values()} == {"untouched"}


def test_what_is_stored_twice_is_compared_once(contoured: Contoured) -> None:
    version = another_version(contoured.ours)
    instance = contoured.store(version)
    contoured.version(instance)
    assert contoured.store(version) == instance
    other = contoured.store(another_version(contoured.ours))  # looked at after the repetition
    contoured.version(other)
    versions = contoured.orthanc.json(f"/autocontour/quality/{contoured.job['ID']}")["Versions"]
    assert [one["Instance"] for one in versions] == [instance, other]


def test_structure_sets_of_others_and_damaged_ones_are_said_to_be_so(contoured: Contoured) -> None:
    foreign = another_version(contoured.ours)
    for frame in foreign.ReferencedFrameOfReferenceSequence:
        frame.FrameOfReferenceUID = generate_uid()
        for study in frame.RTReferencedStudySequence:
            for series in study.RTReferencedSeriesSequence:
                series.SeriesInstanceUID = generate_uid()
                for image in series.ContourImageSequence:
                    image.ReferencedSOPInstanceUID = generate_uid()
    for roi in foreign.StructureSetROISequence:
        roi.ReferencedFrameOfReferenceUID = foreign.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID
    for drawn in foreign.ROIContourSequence:
        for contour in drawn.ContourSequence:
            del contour.ContourImageSequence
    said = outcome_of(contoured.orthanc, contoured.store(foreign))
    assert (said["State"], said["Code"], said["Images"]) == ("open", "STRUCTURE_SET_NO_JOB", None)
    empty = another_version(contoured.ours)
    empty.SOPClassUID = empty.file_meta.MediaStorageSOPClassUID = RTPlanStorage
    said = outcome_of(contoured.orthanc, contoured.store(empty))
    assert (said["State"], said["Code"]) == ("refused", "NOT_RTSTRUCT")
    assert contoured.orthanc.json("/autocontour/health")["Status"] == "ok"


def test_what_people_drew_before_us_is_compared_late_and_is_in_no_row(orthanc: OrthancProcess) -> None:
    files = files_of(phantom_series())
    series = orthanc.store_all(files)
    first = orthanc.job_of(series)
    ours = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{first['Rtstruct']}/file").content))
    instance = store(orthanc, content_of(another_version(ours)))
    Contoured(orthanc, first, ours).version(instance)
    second = orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct"}).json()
    until(lambda: orthanc.json(f"/autocontour/jobs/{second['ID']}")["State"] == "done", "the second job is done")
    version = Contoured(orthanc, second, ours).version(instance)
    assert (version["Late"], version["State"]) == (True, "compared")
    compared = {row["Job"] for row in orthanc.json("/autocontour/quality")["Rows"]}
    assert first["ID"] in compared
    assert second["ID"] not in compared


def test_a_killed_gateway_compares_what_had_arrived(start_orthanc: Callable[..., OrthancProcess]) -> None:
    contoured = contoured_in(start_orthanc())
    orthanc = contoured.orthanc
    instance = contoured.store(returned(contoured.ours, FIVE[0]).dataset)
    series = orthanc.json(f"/instances/{instance}")["ParentSeries"]
    until(lambda: orthanc.json(f"/autocontour/series/{series}").get("StructureSets"), "it is noted", every=0.01)
    os.kill(orthanc.gateway_pid(), signal.SIGKILL)
    orthanc.wait_for_gateway()
    assert contoured.version(instance)["State"] == "compared"
    assert len(assessed(orthanc, contoured.job["EvidenceCode"])) == 1, "on record once"


def test_an_erased_patient_leaves_sums_that_lead_to_nobody(contoured: Contoured) -> None:
    orthanc = contoured.orthanc
    contoured.version(contoured.store(returned(contoured.ours, FIVE[0]).dataset))
    patient = {"PatientID": str(contoured.ours.PatientID)}
    held = orthanc.post("/autocontour/subjects/export", json=patient).json()["Exports"]
    assert any(one["Comparisons"] for one in held)
    before = {tuple(month.items()) for month in orthanc.json("/autocontour/quality")["Months"]}
    assert orthanc.post("/autocontour/subjects/erase", json=patient).json()["Rows"] > 0
    answer = orthanc.json("/autocontour/quality")
    assert all(row["Job"] != contoured.job["ID"] for row in answer["Rows"])
    assert {tuple(month.items()) for month in answer["Months"]} != before
    assert orthanc.get(f"/autocontour/quality/{contoured.job['ID']}").status_code == 404
