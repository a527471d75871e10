"""The archive corrects a patient: jobs are found under the corrected one alone, and an objection goes along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from model.samples.dicom_series import Patient
from tests.builders.answering_server import AnsweringServer
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.postgresql_databases import shared_postgres


@pytest.fixture(scope="module")
def hook() -> Iterator[AnsweringServer]:
    server = AnsweringServer()
    yield server
    server.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, hook: AnsweringServer
) -> Iterator[OrthancProcess]:
    folder = tmp_path_factory.mktemp("tps")
    rule = AXIAL_CT | {"Then": {"Model": "hu-ct", "Deliver": ["tps"]}}
    section: dict[str, Any] = {"Rules": [rule], "Destinations": {"tps": {"Type": "folder", "Path": str(folder)}}}
    section["Notify"] = [{"Name": "planners", "Type": "webhook", "Url": hook.url, "On": ["flagged"]}]
    if request.param == "postgresql":
        key = tmp_path_factory.mktemp("vault") / "vault.key"
        section |= {"Database": shared_postgres().fresh(), "Privacy": {"VaultKeyFile": str(key)}}
    server = OrthancProcess(tmp_path_factory.mktemp("corrected"), section=section).start()
    yield server
    server.stop()


def contoured(orthanc: OrthancProcess, identifier: str) -> dict[str, Any]:
    slices = phantom_series(patient=Patient(name="Correct^Test", identifier=identifier))
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] == "done", job["Error"]
    until(lambda: shown(orthanc, job)["Delivered"][0]["State"] == "delivered", "its result is delivered")
    return job


def shown(orthanc: OrthancProcess, job: dict[str, Any]) -> dict[str, Any]:
    return dict(orthanc.json(f"/autocontour/jobs/{job['ID']}"))


def corrected(orthanc: OrthancProcess, job: dict[str, Any], identifier: str, *, keep: bool = False) -> dict[str, Any]:
    """The job of the series that Orthanc makes of one under another PatientID."""
    before = set(orthanc.json("/series"))
    body = {"Replace": {"PatientID": identifier}, "Force": True, "KeepSource": keep}
    patient = orthanc.json(f"/studies/{job['Study']}/patient")["ID"]
    answer = orthanc.post(f"/patients/{patient}/modify", json=body)
    assert answer.status_code == 200, answer.text
    new = set(orthanc.json("/series")) - before
    (series,) = [one for one in new if orthanc.json(f"/series/{one}")["MainDicomTags"]["Modality"] == "CT"]
    return orthanc.job_of(series)


def deed(orthanc: OrthancProcess, name: str, identifier: str) -> Any:
    return orthanc.post(f"/autocontour/subjects/{name}", json={"PatientID": identifier}).json()


def codes(orthanc: OrthancProcess, identifier: str) -> set[str]:
    return {one["EvidenceCode"].replace("-", "") for one in deed(orthanc, "find", identifier)["Jobs"]}


def code_of(job: dict[str, Any]) -> str:
    return str(job["EvidenceCode"]).replace("-", "")


def test_jobs_are_found_under_the_corrected_patient_alone_and_say_where_contours_went(
    running: OrthancProcess, hook: AnsweringServer
) -> None:
    old = contoured(running, "WRONG-1")
    new = corrected(running, old, "RIGHT-1")
    assert new["State"] == "done", new["Error"]
    until(lambda: codes(running, "RIGHT-1") == {code_of(old), code_of(new)}, "both are the corrected patient's")
    assert codes(running, "WRONG-1") == set()
    for one in (old, new):
        (said,) = [text for text in shown(running, one)["Warnings"] if "bears the earlier patient" in text]
        assert "tps" in said
        assert old["ID"] in said
    told = until(lambda: [body for body in hook.bodies if new["ID"].encode() in body], "the planners are told")
    assert all(mark not in told[0] for mark in (b"WRONG-1", b"RIGHT-1"))
    export = deed(running, "export", "WRONG-1")
    assert (export["Jobs"], export["Exports"]) == ([], [])
    assert deed(running, "erase", "WRONG-1")["Jobs"] == 0
    assert deed(running, "erase", "RIGHT-1")["Jobs"] == 2
    assert codes(running, "RIGHT-1") == set()
    assert running.json("/autocontour/evidence/verify")["Valid"] is True
    chain = running.state / "evidence" / "chain"
    records = b"".join(path.read_bytes() for path in sorted(chain.glob("*-*.jsonl")))
    assert records.count(b'"SUBJECT_RECTIFIED"') == 1
    assert b"WRONG-1" not in records


def test_while_the_earlier_series_is_there_its_jobs_stay_the_earlier_patients(running: OrthancProcess) -> None:
    old = contoured(running, "KEPT-1")
    new = corrected(running, old, "COPIED-1", keep=True)
    assert new["State"] == "done", new["Error"]
    assert codes(running, "COPIED-1") == {code_of(new)}
    assert codes(running, "KEPT-1") == {code_of(old)}


def test_an_objection_under_the_earlier_number_holds_for_the_corrected_one(running: OrthancProcess) -> None:
    old = contoured(running, "OBJECTED-1")
    assert deed(running, "objection", "OBJECTED-1")["Objection"] is True
    new = corrected(running, old, "CORRECTED-1")
    assert (new["State"], new["Error"]["Code"]) == ("excluded", "EXCLUDED")
    assert any("entered for the corrected one too" in text for text in new["Warnings"])
    assert deed(running, "find", "CORRECTED-1")["Objection"] is True
    refused = running.post(f"/autocontour/series/{new['Series']}/jobs", json={})
    assert refused.status_code == 422
    assert deed(running, "withdraw", "CORRECTED-1")["Withdrawn"] is True
    asked = running.post(f"/autocontour/series/{new['Series']}/jobs", json={})
    assert asked.status_code == 202, asked.text
    until(lambda: shown(running, asked.json())["State"] == "done", "it is contoured when somebody asks for it")
