"""What arrives at a node elsewhere has no face where the site has proven that it may go, and says so; else it has."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from model.evidence.event import Event
from model.evidence.files import read_records
from model.samples.dicom_series import Patient
from model.series.geometry import geometry_of
from model.series.header import SliceHeader
from plugin.gateway.api.schemas.face import EXAMPLE
from plugin.privacy.face.check import FACE_MM, check_face
from plugin.privacy.face.patient_grid import Sheet, grid_of
from tests.builders.heads import Head, head_series
from tests.builders.leftovers import pseudonyms_in_orthanc
from tests.builders.orthanc_process import OrthancProcess, free_port
from tests.builders.phantom import files_of
from tests.builders.traces import Traces, parts_of
from tests.builders.vendor import Vendor, square

PATIENT = Patient(name="Gesichtsfrau^Olga", identifier="GSF7734021", birth_date="19310417")
HEAD = Head()
TAGS = ("PatientID", "PatientName", "PatientBirthDate", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")


class Site:
    """An Orthanc that sends heads to a node, which draws a heart and an eye."""

    def __init__(self, folder: Path) -> None:
        slices = HEAD.image().array.shape[0]
        self.received: list[list[Dataset]] = []
        self.vendor = Vendor(self._answer, free_port(), whole=slices).start()
        target = {"Type": "dicom", "Modality": "box", "DeadlineMinutes": 5, "Models": ["theirs"]}
        rules = [self._rule("heart", "heart"), self._rule("eyes", "eyes"), self._rule("everything", None)]
        section = {
            "Targets": {"box": target},
            "Rules": rules,
            "Structures": {"heart": ["Heart"], "eyes": ["Heart", "Eye_L"]},
            "Privacy": {"Face": "remove when not asked for"},
        }
        self.orthanc = OrthancProcess(
            folder,
            section=section,
            options={"DicomModalities": {"box": ["BOX", "127.0.0.1", self.vendor.port]}},
            dicom_port=self.vendor.orthanc_port,
        ).start()

    @staticmethod
    def _rule(word: str, structures: str | None) -> dict[str, Any]:
        then = {"Model": "theirs", "Target": "box"} | ({"Structures": structures} if structures else {})
        return {"Name": word, "When": {"SeriesDescription": f"*{word}*"}, "Then": then}

    def _answer(self, slices: list[Dataset]) -> list[Dataset]:
        self.received.append(slices)
        return [square(slices, beside="Eye_L")]

    def send(self, word: str) -> tuple[dict[str, Any], list[Dataset], list[Dataset]]:
        """The job of a head whose description says so, what was stored, and what arrived at the node."""
        slices = head_series(HEAD, patient=PATIENT)
        for one in slices:
            one.SeriesDescription = f"Head for {word}"
        job = self.orthanc.job_of(self.orthanc.store_all(files_of(slices)))
        assert job["State"] == "done", (job["Error"], self.orthanc.tail())
        return job, slices, self.received[-1]

    def prove(self, structures: list[str]) -> None:
        body = EXAMPLE | {"Model": "theirs", "Target": "box", "ModelDigest": "", "Structures": structures}
        answer = self.orthanc.post("/autocontour/commissioned/faces", json=body)
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("faces"))
    yield made
    made.orthanc.stop()
    made.vendor.stop()


def sticks_out(slices: list[Dataset]) -> float:
    """How far something sticks out of the front of the head, in mm."""
    headers = [SliceHeader.from_dataset(one) for one in slices]
    geometry = geometry_of(headers)
    by_uid = {one.SOPInstanceUID: one for one in slices}
    grid = grid_of(geometry)
    assert grid is not None

    def sheet(place: int) -> Sheet:
        one = by_uid[geometry.planes[place].sop_instance_uid]
        return np.asarray(one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept), dtype=np.float32)

    values = grid.coarse(sheet)
    return max(look.before for look in check_face(values, values, grid, "CT").looks)


def codes_of(slices: list[Dataset]) -> set[tuple[str, ...]]:
    return {tuple(item.CodeValue for item in one.DeidentificationMethodCodeSequence) for one in slices}


def contours_of(dataset: Dataset, number: int) -> list[list[float]]:
    (roi,) = (one for one in dataset.ROIContourSequence if one.ReferencedROINumber == number)
    return sorted([float(value) for value in contour.ContourData] for contour in roi.ContourSequence)


def certificate_of(site: Site, job: dict[str, Any]) -> str:
    document = site.orthanc.json(f"/autocontour/evidence/{job['EvidenceCode']}")
    return " ".join(document["document"]["body"]["Statements"])


def test_without_a_proof_the_face_goes_as_today_and_everybody_says_so(site: Site) -> None:
    job, _, arrived = site.send("heart")
    assert job["Face"] == "NOT_PROVEN"
    assert any("no registered proof" in one for one in job["Warnings"])
    assert codes_of(arrived) == {("113100",)}
    assert sticks_out(arrived) > FACE_MM
    assert "The face was not removed" in certificate_of(site, job)
    warnings = site.orthanc.json("/autocontour/health")["Warnings"]
    assert any("theirs at box" in one and "face" in one for one in warnings)
    assert {roi["Name"] for roi in job["Rois"]} == {"Heart", "Eye_L"}


def test_with_a_proof_no_face_arrives_and_contours_come_back_where_they_belong(site: Site) -> None:
    site.prove(["Heart"])
    job, slices, arrived = site.send("heart")
    assert job["Face"] == "REMOVED"
    assert codes_of(arrived) == {("113100", "113102")}
    assert sticks_out(slices) > FACE_MM
    assert sticks_out(arrived) < FACE_MM
    assert len(arrived) == len(slices)
    assert {tuple(one.ImagePositionPatient) for one in arrived} == {tuple(one.ImagePositionPatient) for one in slices}

    assert [roi["Name"] for roi in job["Rois"]] == ["Heart"]
    (left_out,) = job["NotDrawn"]
    assert left_out["Label"] == "Eye_L"
    stored = pydicom.dcmread(io.BytesIO(site.orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert [one.ROIName for one in stored.StructureSetROISequence] == ["Heart"]
    assert stored.PatientID == PATIENT.identifier
    drawn_on_the_original = square(slices)
    assert np.allclose(contours_of(stored, 1), contours_of(drawn_on_the_original, 1))

    assert any("The face was removed" in one for one in job["Warnings"])
    assert "The face was removed from it" in certificate_of(site, job)
    records = list(read_records(site.orthanc.state / "evidence" / "chain"))
    code = job["EvidenceCode"].replace("-", "")
    (made,) = [one for one in records if one.event is Event.DEIDENTIFIED and one.job == code]
    assert made.facts["face"] == "REMOVED"


@pytest.mark.parametrize("word", ["eyes", "everything"])
def test_where_the_face_is_wanted_it_goes_and_the_job_says_so(site: Site, word: str) -> None:
    site.prove(["Heart", "Eye_L"])
    job, _, arrived = site.send(word)
    assert job["Face"] == "WANTED"
    assert codes_of(arrived) == {("113100",)}
    assert sticks_out(arrived) > FACE_MM
    assert {roi["Name"] for roi in job["Rois"]} == {"Heart", "Eye_L"}


def test_nothing_that_goes_out_with_a_removed_face_leads_to_the_patient(site: Site) -> None:
    site.prove(["Heart"])
    job, slices, _ = site.send("heart")
    assert job["Face"] == "REMOVED"
    identifiers = {str(one.get(tag)) for one in (slices[0], slices[-1]) for tag in (*TAGS, "SOPInstanceUID")}
    identifiers |= {"Gesichtsfrau", "Olga", job["Series"], job["Study"]}
    traces = Traces(identifiers)
    code = job["EvidenceCode"]
    out = [*site.vendor.heard, site.orthanc.get("/autocontour/commissioned/faces").content]
    out += [site.orthanc.get(f"/autocontour/evidence/{code}").content]
    out += parts_of(site.orthanc.get(f"/autocontour/evidence/{code}?format=pdf").content)
    assert [traces.found_in(one) for one in out if traces.found_in(one)] == []
    own = Traces(identifiers - {job["Series"], job["Study"]})
    assert own.found_in(site.orthanc.log.read_bytes()) == []
    assert pseudonyms_in_orthanc(site.orthanc) == []
    assert list((site.orthanc.state / "spool").iterdir()) == []
