"""A CT stored in Orthanc comes back from a segmentation service over TLS, and both ends can prove what happened."""

from __future__ import annotations

import io
import json
from typing import Any

import pydicom
import pytest

from model.evidence.event import Event
from model.evidence.files import read_records
from model.evidence.receipt import Step, read_receipt
from tests.builders.leftovers import (
    KEY_GONE,
    LISTED,
    LOOKED_UP,
    RECEIPT,
    deletions,
    pseudonyms_in_orthanc,
    shape_of_orthanc,
    vault_rows,
)
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import files_of, phantom_series
from tests.builders.service_process import ServiceProcess

Pair = tuple[OrthancProcess, ServiceProcess]


@pytest.fixture
def done(pair: Pair) -> tuple[OrthancProcess, ServiceProcess, list[pydicom.Dataset], dict[str, Any]]:
    orthanc, service = pair
    slices = phantom_series()
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] == "done", (job["Error"], service.tail())
    return orthanc, service, slices, job


def test_the_rtstruct_lies_under_the_original_study_with_the_original_patient(done: Any) -> None:
    orthanc, _, slices, job = done
    made = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert (made.PatientID, made.StudyInstanceUID) == (slices[0].PatientID, slices[0].StudyInstanceUID)
    assert orthanc.json(f"/instances/{job['Rtstruct']}/study")["ID"] == job["Study"]
    series = made.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert {item.ReferencedSOPInstanceUID for item in series.ContourImageSequence} == {
        one.SOPInstanceUID for one in slices
    }
    assert {roi["Name"] for roi in job["Rois"]} >= {"External", "SpinalCanal"}


def test_nothing_is_left_at_either_end_and_the_certificate_says_how_that_is_known(done: Any) -> None:
    orthanc, service, slices, job = done
    assert service.left() == []
    assert list((orthanc.state / "spool").iterdir()) == []
    shape = shape_of_orthanc(orthanc)
    assert (shape["modalities"], shape["instances"], shape["jobs"]) == (["CT", "RTSTRUCT"], len(slices) + 1, [])
    assert pseudonyms_in_orthanc(orthanc) == []
    assert set(vault_rows(orthanc.state)) == {("destroyed", None)}
    said = orthanc.json(f"/autocontour/evidence/{job['EvidenceCode']}")["document"]["body"]
    assert (said["State"], said["Missing"]) == ("closed", [])
    assert sorted(deletions(said), key=str) == sorted([RECEIPT, LISTED, LOOKED_UP, KEY_GONE], key=str)
    assert said["Sent"]["RecipientKey"] == service.key.id


def test_the_gateway_records_and_keeps_the_receipts(done: Any) -> None:
    orthanc, service, _, job = done
    code = job["EvidenceCode"].replace("-", "")
    events = [record.event for record in read_records(orthanc.state / "evidence" / "chain", code)]
    way = [Event.SENT, Event.REMOTE_VERIFIED, Event.RESULT_RECEIVED, Event.REMOTE_DELETED, Event.STORED, Event.CLOSED]
    assert [event for event in events if event in way] == way
    kept = sorted((orthanc.state / "evidence" / "receipts" / code).glob("*.json"))
    assert len(kept) == 3
    for path in kept:
        transfer, _, step = path.stem.partition("-")
        receipt = read_receipt(json.loads(path.read_text()), [service.key], transfer=transfer, step=Step(step))
        assert receipt.facts.get("left", 0) == 0


def test_nothing_that_names_the_patient_reached_the_service(done: Any) -> None:
    _, service, slices, _ = done
    first = slices[0]
    words = [str(first.PatientID), "Phantom^Test", first.StudyInstanceUID, first.SOPInstanceUID]
    for path in (path for path in service.directory.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for word in words:
            assert word.encode() not in content, path.name
