"""A patient with everything that there is, then erased: no store leads to them any more, and another patient's stays.

The stores are looked into as bytes: files of SQLite and PostgreSQL with what was deleted in them, spool, chain, logs.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest

from model.samples.dicom_series import Patient
from tests.builders.answering_server import AnsweringServer
from tests.builders.edited import FIVE, returned
from tests.builders.leftovers import RECEIPT, deletions
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.postgresql import PostgresProcess
from tests.builders.sleeping_service import SleepingService
from tests.orthanc.test_edits_are_compared import Contoured

Start = Callable[..., OrthancProcess]

PATIENT = Patient(name="Markerfrau^Ottilie", identifier="MRK7734021", birth_date="19310417")
OTHER = Patient(name="Zweitmann^Egon", identifier="ZWT9912345", birth_date="19420304")
LEVELS = ("patients", "studies", "series", "instances")
TAGS = ("PatientID", "PatientName", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID")


def rule(description: str, **then: Any) -> dict[str, Any]:
    when = {"Modality": "CT", "SeriesDescription": description}
    return {"Name": description, "When": when, "Then": {"Model": "hu-ct", **then}}


RULES = [
    rule("delivered", Deliver=["tps"], Outputs=["RTSTRUCT", "SEG"]),
    rule("plain"),
    rule("at a service", Target="cloud"),
    rule("waiting", Hours="Mon 03:00-03:01"),
    {"Name": "never", "When": {"SeriesDescription": "scout"}, "Then": {"Exclude": "a scout"}},
]


@pytest.fixture
def hook() -> Iterator[AnsweringServer]:
    server = AnsweringServer(status=503)  # takes no message, so that they wait
    yield server
    server.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SleepingService]:
    with SleepingService(tmp_path / "service", seconds=3600) as made:
        assert isinstance(made, SleepingService)
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest,
    start_orthanc: Start,
    tmp_path: Path,
    hook: AnsweringServer,
    service: SleepingService,
) -> tuple[OrthancProcess, Callable[[], dict[str, bytes]]]:
    """An Orthanc whose gateway keeps all that one can keep, and how to read every byte that it keeps."""
    (tmp_path / "tps").mkdir()
    section: dict[str, Any] = {
        "Rules": RULES,
        "Targets": {"cloud": service.target()},
        "Destinations": {"tps": {"Type": "folder", "Path": str(tmp_path / "tps")}},
        "Notify": [{"Name": "physics", "Type": "webhook", "Url": hook.url, "On": ["done", "failed", "flagged"]}],
    }
    postgres: PostgresProcess | None = None
    name = ""
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres")
        address = request.getfixturevalue("database")
        name = address.rpartition("/")[2]
        section |= {"Database": address, "Privacy": {"VaultKeyFile": str(tmp_path / "vault.key")}}
    orthanc = start_orthanc(section=section)

    def kept() -> dict[str, bytes]:
        found = {str(path): path.read_bytes() for path in orthanc.state.rglob("*") if path.is_file()}
        return found | (postgres.files_of(name) if postgres is not None else {})

    return orthanc, kept


def stored(orthanc: OrthancProcess, patient: Patient, description: str, **options: Any) -> str:
    slices = phantom_series(patient=patient, description=description)
    return orthanc.store_all(files_of(slices[:4] + slices[6:] if options.get("gap") else slices))


def ended(orthanc: OrthancProcess, series: str, state: str) -> dict[str, Any]:
    job = orthanc.job_of(series)
    assert job["State"] == state, job["Error"]
    return job


def open_job(orthanc: OrthancProcess, series: str, state: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = until(lambda: orthanc.jobs(Series=series, State=state), f"its job is {state}")
    return found[0]


def traces_of(orthanc: OrthancProcess, patient: Patient) -> set[str]:
    """Orthanc's ids of everything of a patient, and its identifiers as text."""
    found = {patient.identifier, patient.name, patient.name.partition("^")[0]}
    (own,) = [one for one in orthanc.json("/patients") if _is(orthanc, one, patient)]
    found.add(own)
    for level in LEVELS[1:]:
        for one in orthanc.json(f"/patients/{own}/{level}"):
            found.add(str(one["ID"]))
    for one in orthanc.json(f"/patients/{own}/instances"):
        tags = orthanc.json(f"/instances/{one['ID']}/simplified-tags")
        found |= {str(tags[tag]) for tag in TAGS if tags.get(tag)}
    return found


def _is(orthanc: OrthancProcess, one: str, patient: Patient) -> bool:
    return bool(orthanc.json(f"/patients/{one}")["MainDicomTags"]["PatientID"] == patient.identifier)


def found_in(kept: dict[str, bytes], traces: set[str]) -> dict[str, list[str]]:
    """The stores in which something leads to a patient."""
    told = {place: [one for one in traces if one.encode() in content] for place, content in kept.items()}
    return {place: marks for place, marks in told.items() if marks}


def test_after_the_erasure_of_a_patient_with_everything_no_store_leads_to_them(
    site: tuple[OrthancProcess, Callable[[], dict[str, bytes]]],
    tmp_path: Path,
    hook: AnsweringServer,
    service: SleepingService,
) -> None:
    orthanc, kept = site
    other = ended(orthanc, stored(orthanc, OTHER, "delivered"), "done")
    job = ended(orthanc, stored(orthanc, PATIENT, "delivered"), "done")
    ended(orthanc, stored(orthanc, PATIENT, "scout"), "excluded")
    ended(orthanc, stored(orthanc, PATIENT, "plain", gap=True), "failed")
    unwanted = stored(orthanc, PATIENT, "nobody wants it")
    until(lambda: orthanc.json(f"/autocontour/series/{unwanted}")["Outcome"] == "none", "no rule wants it")
    ours = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    contoured = Contoured(orthanc, job, ours)
    contoured.version(contoured.store(returned(ours, FIVE[0]).dataset))
    until(lambda: len(list((tmp_path / "tps").glob("*.dcm"))) == 2, "both results are delivered")
    until(lambda: hook.bodies, "a message is tried")
    waits = open_job(orthanc, stored(orthanc, PATIENT, "waiting"), "waiting")
    runs = open_job(orthanc, stored(orthanc, PATIENT, "at a service"), "running")
    until(lambda: service._ready, "a series lies at the service")
    traces = traces_of(orthanc, PATIENT) | {unwanted}
    others = traces_of(orthanc, OTHER)
    before = found_in(kept(), traces)
    assert any(unwanted in marks for marks in before.values()), "what is looked for is there before"
    assert any(job["Series"] in marks for marks in before.values())

    said = orthanc.post("/autocontour/subjects/erase", json={"PatientID": PATIENT.identifier})
    assert said.status_code == 200, said.text
    assert (said.json()["Left"], said.json()["DeliveredTo"]) == (0, ["tps"])
    until(lambda: not found_in(kept(), traces), f"no store leads to the patient: {found_in(kept(), traces)}")
    asked = orthanc.post("/autocontour/subjects/find", json={"PatientID": PATIENT.identifier}).json()
    assert (asked["Series"], asked["Jobs"]) == (0, [])
    assert service._ready == {}, "nothing is left at the service"
    for one in (waits, runs):
        assert orthanc.get(f"/autocontour/jobs/{one['ID']}").status_code == 404
    deleted = orthanc.json(f"/autocontour/evidence/{runs['EvidenceCode']}")["document"]["body"]
    assert RECEIPT in deletions(deleted)
    log = orthanc.log.read_text(errors="replace")
    assert [one for one in (PATIENT.identifier, "Markerfrau", "19310417") if one in log] == []

    assert found_in(kept(), others), "another patient's stays"
    assert orthanc.json(f"/autocontour/jobs/{other['ID']}")["State"] == "done"
    assert len(list((tmp_path / "tps").glob("*.dcm"))) == 2, "what was delivered is the destination's"
    assert list((tmp_path / "tps").glob(".*")) == []
    assert orthanc.json("/autocontour/evidence/verify")["Valid"] is True


def test_the_portable_copy_holds_all_that_is_held_and_nothing_of_another_patient(orthanc: OrthancProcess) -> None:
    mine, theirs = (Patient(name=f"{word}^Copy", identifier=f"COPY-{word}") for word in ("Mine", "Theirs"))
    jobs = [orthanc.job_of(orthanc.store_all(files_of(phantom_series(patient=one)))) for one in (mine, theirs)]
    ours = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{jobs[0]['Rtstruct']}/file").content))
    contoured = Contoured(orthanc, jobs[0], ours)
    contoured.version(contoured.store(returned(ours, FIVE[0]).dataset))
    body = {"PatientID": mine.identifier, "Format": "zip"}
    answer = orthanc.post("/autocontour/subjects/export", json=body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip"), answer.text[:200]
    by_address = orthanc.post("/autocontour/subjects/export?format=zip", json={"PatientID": mine.identifier})
    assert by_address.status_code == 200, "Orthanc keeps what is behind the ? of a POST, or passes it on"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    folder = f"jobs/{_printed(jobs[0]['EvidenceCode'])}"
    files = ("certificate.json", "certificate.pdf", "held.json", "comparisons.json", "rtstruct.dcm")
    assert set(archive.namelist()) == {"export.json", "README.txt", *(f"{folder}/{name}" for name in files)}
    drawn = pydicom.dcmread(io.BytesIO(archive.read(f"{folder}/rtstruct.dcm")))
    assert (drawn.PatientID, drawn.SOPInstanceUID) == (mine.identifier, ours.SOPInstanceUID)
    assert archive.read(f"{folder}/certificate.pdf").startswith(b"%PDF")
    readme = archive.read("README.txt").decode()
    assert "Nothing that is held is missing." in readme
    for name in files:
        assert name in readme, "each file is explained"
    traces = traces_of(orthanc, theirs) | {jobs[1]["ID"], jobs[1]["EvidenceCode"]}
    content = {name: archive.read(name) for name in archive.namelist()}
    assert found_in(content, traces) == {}
    orthanc.delete(f"/instances/{jobs[0]['Rtstruct']}")
    again = zipfile.ZipFile(io.BytesIO(orthanc.post("/autocontour/subjects/export", json=body).content))
    assert f"{folder}/rtstruct.dcm" not in again.namelist()


def _printed(code: str) -> str:
    return "-".join(code.replace("-", "")[place : place + 4] for place in range(0, 16, 4))
