"""What people made of our RTSTRUCT is full of markers: none reaches a table, log, record or message, nor outlives."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import RTPlanStorage

from tests.builders.answering_server import AnsweringServer
from tests.builders.edited import FIVE, returned
from tests.builders.marked import NAME, NUMBER, RECORD, WORD, mark_everything, marks_in
from tests.builders.orthanc_process import AXIAL_CT, CHECKOUT, OrthancProcess, until
from tests.orthanc.test_edits_are_compared import Contoured, outcome_of
from tests.orthanc.test_silence import Listener, marked_series


@pytest.fixture
def hook() -> Iterator[AnsweringServer]:
    server = AnsweringServer()
    yield server
    server.close()


@pytest.fixture
def listened(tmp_path: Path, hook: AnsweringServer) -> Iterator[tuple[Contoured, Listener]]:
    """The marked patient's series is contoured; somebody listens to the state, temporary files and command lines."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    notify = [{"Name": "physics", "Type": "webhook", "Url": hook.url, "On": ["quality", "done", "failed", "flagged"]}]
    orthanc = OrthancProcess(
        tmp_path / "orthanc", {"Rules": [AXIAL_CT], "Notify": notify}, environment={"TMPDIR": str(temporary)}
    ).start()
    listener = Listener([orthanc.state, temporary], set())
    listener.start()
    job = orthanc.job_of(orthanc.store_all(marked_series()))
    assert job["State"] == "done", job["Error"]
    ours = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    yield Contoured(orthanc, job, ours), listener
    orthanc.stop()


def marked(dataset: Dataset) -> Dataset:
    """Names and free texts of people who wrote the patient's into each of them; some ROI names are only that."""
    mark_everything(dataset)
    dataset.StructureSetLabel, dataset.StructureSetName = WORD, f"{WORD} {RECORD}"
    dataset.StructureSetDescription = dataset.SeriesDescription = f"Plan of {NAME}"
    dataset.OperatorsName = dataset.ReviewerName = NAME
    dataset.Manufacturer = dataset.ManufacturerModelName = WORD
    for number, roi in enumerate(dataset.StructureSetROISequence):
        roi.ROIDescription = roi.ROIGenerationDescription = f"of {NAME} {RECORD}"
        if number % 2:
            roi.ROIName = f"{WORD} {NUMBER} {number}"
    for seen in dataset.RTROIObservationsSequence:
        seen.ROIObservationLabel, seen.ROIObservationDescription, seen.ROIInterpreter = WORD, f"about {WORD}", NAME
    # An ROI that cannot be read, and one of whose contours one has no place, so that reasons are given.
    broken = dataset.ROIContourSequence[0].ContourSequence[0]
    broken.ContourGeometricType = WORD.upper()
    return dataset


def tables(orthanc: OrthancProcess) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in orthanc.state.rglob("*") if path.is_file()}


def everything_said(contoured: Contoured, hook: AnsweringServer, output: Path, instance: str) -> dict[str, bytes]:
    orthanc, job = contoured.orthanc, contoured.job
    month = time.strftime("%Y-%m", time.gmtime())
    series = orthanc.json(f"/instances/{instance}")["ParentSeries"]
    routes = (
        *("quality", "quality?Format=csv", f"quality/{job['ID']}", "quality/charts", "quality/charts?Format=csv"),
        *(f"series/{series}", f"jobs/{job['ID']}", "jobs", "health", "metrics", "now", f"reports/{month}"),
        *(f"evidence/{job['EvidenceCode']}", "evidence/verify"),
    )
    answers = {route: orthanc.get(f"/autocontour/{route}") for route in routes}
    assert {route: one.status_code for route, one in answers.items() if one.status_code != 200} == {}
    command = [sys.executable, "-m", "plugin.cli", "support", str(output), "--yes", "--url", orthanc.url]
    made = subprocess.run(command, capture_output=True, timeout=120, check=False, cwd=CHECKOUT)
    assert made.returncode == 0, made.stderr
    with zipfile.ZipFile(output) as archive:
        bundle = {f"support {name}": archive.read(name) for name in archive.namelist()}
    said = {route: one.content for route, one in answers.items()}
    told = {f"message {number}": body for number, body in enumerate(hook.bodies)}
    return {"log": orthanc.log.read_bytes(), **said, **bundle, **told}


def test_nothing_of_a_marked_patient_or_of_what_people_wrote_is_said_or_kept(
    listened: tuple[Contoured, Listener], hook: AnsweringServer, tmp_path: Path
) -> None:
    contoured, listener = listened
    orthanc = contoured.orthanc
    edited = contoured.store(marked(returned(contoured.ours, FIVE[0]).dataset))
    version = contoured.version(edited)
    assert version["State"] == "compared", version["Code"]
    plan = marked(returned(contoured.ours, FIVE[4]).dataset)
    plan.SOPClassUID = plan.file_meta.MediaStorageSOPClassUID = RTPlanStorage
    assert outcome_of(orthanc, contoured.store(plan))["State"] == "refused"
    said = everything_said(contoured, hook, tmp_path / "support.zip", edited)
    listener.end()
    assert any(b"compared with a version" in line for line in said["log"].splitlines())
    assert {where: marks_in(text) for where, text in said.items() if marks_in(text)} == {}
    assert listener.heard == {}


def test_after_the_erasure_no_store_leads_to_the_patient_not_even_by_orthancs_ids(
    listened: tuple[Contoured, Listener],
) -> None:
    contoured, _ = listened
    orthanc, job = contoured.orthanc, contoured.job
    edited = contoured.store(marked(returned(contoured.ours, FIVE[0]).dataset))
    contoured.version(edited)
    stray = returned(contoured.ours, FIVE[2]).dataset
    del stray.ReferencedFrameOfReferenceSequence
    lone = contoured.store(stray)
    assert outcome_of(orthanc, lone)["State"] in ("open", "refused", "paired")
    ids = [job["Series"], job["Study"], job["Rtstruct"], edited, lone]
    ids += [orthanc.json(f"/instances/{one}")["ParentSeries"] for one in (job["Rtstruct"], edited, lone)]
    held = {one: [name for name, data in tables(orthanc).items() if one.encode() in data] for one in ids}
    assert held[edited], "what is looked for is there before"
    answer = orthanc.post("/autocontour/subjects/erase", json={"PatientID": RECORD})
    assert answer.status_code == 200, answer.text

    def left() -> dict[str, list[str]]:
        found = {one: [name for name, data in tables(orthanc).items() if one.encode() in data] for one in ids}
        return {one: names for one, names in found.items() if names}

    until(lambda: not left(), f"nothing is left: {left()}")
    assert {name: marks_in(data) for name, data in tables(orthanc).items() if marks_in(data)} == {}
