"""A CT goes to a vendor's DICOM node and comes back as an RTSTRUCT; whatever else the node sends is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage

from model.evidence.event import Event
from model.evidence.files import read_records
from model.samples.dicom_series import Patient
from tests.builders.leftovers import CONTRACT, KEY_GONE, LISTED, LOOKED_UP, deletions, pseudonyms_in_orthanc
from tests.builders.orthanc_process import OrthancProcess, free_port, until
from tests.builders.phantom import file_of, files_of, phantom_series
from tests.builders.vendor import Vendor, square
from tests.e2e.conftest import section

PATIENT = Patient(name="Ehrenpreis^Zitronella", identifier="KLINIKNUMMER-Q")


class Site:
    """An Orthanc and a vendor that know each other."""

    def __init__(self, folder: Path, **keys: str) -> None:
        port = free_port()
        self.vendor = Vendor(lambda slices: [square(slices)], 0)
        target = {"Type": "dicom", "Modality": "box", "DeadlineMinutes": 0.3} | keys
        options = {"DicomModalities": {"box": ["BOX", "127.0.0.1", self.vendor.port]}}
        self.orthanc = OrthancProcess(folder, section=section(target), options=options, http_port=port)
        self.vendor.orthanc_port = self.orthanc.dicom_port

    def send(self) -> tuple[list[Dataset], dict[str, Any]]:
        slices = phantom_series(patient=PATIENT)
        return slices, self.orthanc.job_of(self.orthanc.store_all(files_of(slices)))

    def modalities(self) -> list[str]:
        return sorted(one["MainDicomTags"]["Modality"] for one in self.orthanc.json("/series?expand"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("dicom"))
    site.vendor.start()
    site.orthanc.start()
    yield site
    site.orthanc.stop()
    site.vendor.stop()


@pytest.fixture
def site(shared: Site) -> Iterator[Site]:
    shared.vendor.answers = lambda slices: [square(slices)]
    shared.vendor.delay = 0.0
    yield shared
    shared.orthanc.wipe()
    for word in ("Ehrenpreis", "Zitronella", "KLINIKNUMMER"):  # whatever it answered, it was never told
        assert not any(word.encode() in sent for sent in shared.vendor.heard)


def test_the_structure_set_gets_its_patient_back(site: Site) -> None:
    slices, job = site.send()
    assert job["State"] == "done", (job["Error"], job["Findings"])
    made = pydicom.dcmread(io.BytesIO(site.orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert (made.PatientID, made.StudyInstanceUID) == (slices[0].PatientID, slices[0].StudyInstanceUID)
    assert [roi["Name"] for roi in job["Rois"]] == ["Heart"]
    # 20 × 20 pixels of 3 mm on 12 slices of 5 mm
    assert job["Rois"][0]["Volume"] == pytest.approx(216, rel=0.02)
    assert site.modalities() == ["CT", "RTSTRUCT"]
    code = job["EvidenceCode"].replace("-", "")
    deleted = [
        record.facts["verified"]
        for record in read_records(site.orthanc.state / "evidence" / "chain", code)
        if record.event is Event.REMOTE_DELETED
    ]
    assert deleted == ["CONTRACT_ONLY"]
    said = site.orthanc.json(f"/autocontour/evidence/{code}")["document"]["body"]
    assert sorted(deletions(said), key=str) == sorted([CONTRACT, LISTED, LOOKED_UP, KEY_GONE], key=str)
    assert pseudonyms_in_orthanc(site.orthanc) == []


def test_the_structure_set_may_come_by_rest(site: Site) -> None:
    def post(slices: list[Dataset]) -> list[Dataset]:
        site.orthanc.store(file_of(square(slices)))
        return []

    site.vendor.answers = post
    _, job = site.send()
    assert job["State"] == "done", (job["Error"], job["Findings"])
    assert site.modalities() == ["CT", "RTSTRUCT"]


def test_nothing_identifying_was_sent(site: Site) -> None:
    slices, _ = site.send()
    words = ["Ehrenpreis", "Zitronella", "KLINIKNUMMER", slices[0].StudyInstanceUID, slices[0].FrameOfReferenceUID]
    assert site.vendor.heard
    for sent in site.vendor.heard:
        for word in words:
            assert word.encode() not in sent


def along(slices: list[Dataset]) -> list[Dataset]:
    return sorted(slices, key=lambda one: float(one.ImagePositionPatient[2]))


def test_an_answer_for_four_of_twelve_slices_is_waited_on_and_refused(site: Site) -> None:
    site.vendor.answers = lambda slices: [square(along(slices)[:4])]
    _, job = site.send()
    assert (job["State"], job["Error"]["Code"]) == ("failed", "RETURN_PARTIAL")
    assert "4 of the 12 slices" in job["Error"]["Message"]
    assert site.modalities() == ["CT"]


def test_a_later_answer_for_all_slices_is_taken(site: Site) -> None:
    site.vendor.answers = lambda slices: [square(along(slices)[:4]), square(slices)]
    _, job = site.send()
    assert job["State"] == "done", (job["Error"], job["Findings"])
    assert job["Rois"][0]["Volume"] == pytest.approx(216, rel=0.02)
    assert site.modalities() == ["CT", "RTSTRUCT"]


def test_a_structure_that_ends_inside_the_volume_may_be_all_that_is_listed(site: Site) -> None:
    site.vendor.answers = lambda slices: [square(along(slices)[3:8])]
    _, job = site.send()
    assert job["State"] == "done", (job["Error"], job["Findings"])
    assert job["Rois"][0]["Flags"] == []


def test_an_answer_for_a_part_is_stored_with_a_flag_where_the_target_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path, Partial="flag")
    site.vendor.answers = lambda slices: [square(along(slices)[:4])]
    site.vendor.start()
    try:
        site.orthanc.start()
        _, job = site.send()
        assert job["State"] == "done", (job["Error"], job["Findings"])
        assert job["Rois"][0]["Flags"] == ["PARTIAL"]
        assert any("4 of the 12 slices" in words for words in job["Warnings"])
    finally:
        site.orthanc.stop()
        site.vendor.stop()


def originals(slices: list[Dataset]) -> list[Dataset]:
    dataset = square(slices)
    dataset.PatientName, dataset.PatientID = PATIENT.name, PATIENT.identifier
    return [dataset]


def foreign_reference(slices: list[Dataset]) -> list[Dataset]:
    dataset = square(slices)
    frame = dataset.ReferencedFrameOfReferenceSequence[0]
    image = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0].ContourImageSequence[0]
    image.ReferencedSOPInstanceUID = "2.25.4711"
    return [dataset]


def approved(slices: list[Dataset]) -> list[Dataset]:
    dataset = square(slices)
    dataset.ApprovalStatus = "APPROVED"
    return [dataset]


def damaged(slices: list[Dataset]) -> list[Dataset]:
    dataset = square(slices)
    del dataset.StructureSetROISequence
    return [dataset]


def images_instead(slices: list[Dataset]) -> list[Dataset]:
    dataset = square(slices)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = RTStructureSetStorage
    dataset.Modality = "CT"
    return [dataset]


@pytest.mark.parametrize(
    "answers",
    [
        originals,
        foreign_reference,
        approved,
        damaged,
        images_instead,
        lambda slices: [square(slices, name="Zitronella")],
        lambda slices: [square(slices, name="born 1.2.1947")],
    ],
    ids=["names", "reference", "approved", "damaged", "modality", "name in an ROI", "text in an ROI"],
)
def test_a_wrong_structure_set_is_refused_and_its_copy_removed(
    site: Site, answers: Callable[[list[Dataset]], list[Dataset]]
) -> None:
    site.vendor.answers = answers
    _, job = site.send()
    assert job["State"] == "rejected", job["Error"]
    assert job["Findings"]
    assert all(rule.startswith("RESTORE_") for rule in job["Findings"])
    assert site.modalities() == ["CT"]
    assert list((site.orthanc.state / "spool").iterdir()) == []


def test_an_roi_that_names_the_patient_is_left_out_and_the_others_are_stored(site: Site) -> None:
    site.vendor.answers = lambda slices: [square(slices, name="Spleen", beside="GTV Zitronella")]
    _, job = site.send()
    assert job["State"] == "done", job["Error"]
    assert [roi["Name"] for roi in job["Rois"]] == ["Spleen"]
    assert [one["Label"] for one in job["NotDrawn"]] == ["ROI 2"]
    assert "number 2" in job["Warnings"][0]
    assert "zitronella" not in json.dumps(job).lower()
    stored = pydicom.dcmread(io.BytesIO(site.orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert [roi.ROIName for roi in stored.StructureSetROISequence] == ["Spleen"]
    assert [item.ReferencedROINumber for item in stored.ROIContourSequence] == [1]


def test_two_answers_never_become_two_results(site: Site) -> None:
    site.vendor.answers = lambda slices: [square(slices), square(slices)]
    before = site.vendor.answered
    _, job = site.send()
    until(lambda: site.vendor.answered == before + 2, "both answers were sent")
    assert job["State"] in ("done", "failed")
    wanted = ["CT", "RTSTRUCT"] if job["State"] == "done" else ["CT"]
    until(lambda: site.modalities() == wanted, "the other copy is removed")


def test_an_answer_after_the_one_that_was_taken_is_removed_and_changes_nothing(site: Site) -> None:
    kept: list[Dataset] = []

    def answer(slices: list[Dataset]) -> list[Dataset]:
        kept.append(square(slices, name="Liver"))
        return [square(slices)]

    site.vendor.answers = answer
    _, job = site.send()
    assert job["State"] == "done", job["Error"]
    site.vendor.send(kept[0])
    until(lambda: site.modalities() == ["CT", "RTSTRUCT"], "the second answer is removed")
    assert pseudonyms_in_orthanc(site.orthanc) == []
    assert len(site.orthanc.rtstructs()) == 1
    made = pydicom.dcmread(io.BytesIO(site.orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert [roi.ROIName for roi in made.StructureSetROISequence] == ["Heart"]
    assert site.orthanc.jobs()[0]["State"] == "done"


def test_a_node_that_never_answers_costs_its_deadline_and_a_late_answer_is_removed(site: Site) -> None:
    kept: list[Dataset] = []

    def silent(slices: list[Dataset]) -> list[Dataset]:
        kept.append(square(slices))
        return []

    site.vendor.answers = silent
    _, job = site.send()
    assert job["State"] == "failed"
    assert job["Error"]["Code"] == "RETURN_DEADLINE"
    site.vendor.send(kept[0])
    until(lambda: site.modalities() == ["CT"], "the late answer is removed")
    warnings = site.orthanc.json("/autocontour/health")["Warnings"]
    assert any("late, double or foreign" in warning for warning in warnings)
    assert len(site.orthanc.jobs()) >= 1
