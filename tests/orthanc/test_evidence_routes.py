"""What an auditor, a patient and an administrator ask of the evidence, through Orthanc's own address."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

import routing
from model.gate.verify import verify
from model.samples.dicom_series import Patient
from plugin.advisories.alerts import KINDS
from tests.builders.faulty_gateway import wrapper
from tests.builders.leftovers import (
    KEY_GONE,
    LISTED,
    LOOKED_UP,
    deletions,
    pseudonyms_in_orthanc,
    shape_of_orthanc,
    vault_rows,
)
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]

PATIENT = Patient(name="Evidence^Test", identifier="EVIDENCE-7")


def contoured(orthanc: OrthancProcess, patient: Patient = PATIENT) -> dict[str, object]:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series(patient=patient))))
    assert job["State"] == "done", job["Error"]
    return job


def deed(orthanc: OrthancProcess, name: str, patient_id: str = PATIENT.identifier) -> requests.Response:
    """One of a patient's rights, asked for with the id in the body."""
    return orthanc.post(f"/autocontour/subjects/{name}", json={"PatientID": patient_id})


def certificate(orthanc: OrthancProcess, code: object) -> dict[str, Any]:
    body: dict[str, Any] = orthanc.json(f"/autocontour/evidence/{code}")["document"]["body"]
    return body


def test_a_done_job_has_a_certificate_that_says_what_was_deleted(orthanc: OrthancProcess) -> None:
    job = contoured(orthanc)
    said = certificate(orthanc, job["EvidenceCode"])
    assert (said["State"], said["Outcome"], said["Missing"]) == ("closed", "done", [])
    events = [one["Event"] for one in said["Times"]]
    order = ["RECEIVED", "MATCHED", "DEIDENTIFIED", "SELF_CHECKED", "RESULT_RECEIVED", "REIDENTIFIED", "STORED"]
    assert events == [*order, "LOCAL_DELETED", "KEY_DESTROYED", "CLOSED"]
    text = str(said)
    for secret in ("Evidence^Test", "EVIDENCE-7", str(job["Series"]), str(job["Study"])):
        assert secret not in text


def test_the_certificate_is_a_pdf_too_and_the_code_forgives_typing(orthanc: OrthancProcess) -> None:
    code = str(contoured(orthanc)["EvidenceCode"])
    typed = "-".join((code[:4], code[4:8], code[8:12], code[12:])).lower().replace("0", "o")
    answer = orthanc.get(f"/autocontour/evidence/{typed}", params={"format": "pdf"})
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert orthanc.get("/autocontour/evidence/AAAA").status_code == 404


def test_a_job_that_failed_or_was_excluded_has_evidence_too(orthanc: OrthancProcess) -> None:
    files = files_of(phantom_series())
    job = orthanc.job_of(orthanc.store_all(files[:4] + files[6:]))
    said = certificate(orthanc, job["EvidenceCode"])
    assert (said["State"], said["Outcome"], said["Failure"]["Code"]) == ("closed", "failed", "GEOMETRY_GAP")


def test_the_chain_verifies_and_one_changed_byte_is_found(start_orthanc: Start) -> None:
    orthanc = start_orthanc()
    contoured(orthanc)
    said = orthanc.json("/autocontour/evidence/verify")
    assert said["Valid"] is True
    assert said["Records"] > 10
    month = next((orthanc.state / "evidence" / "chain").glob("*-*.jsonl"))
    lines = month.read_bytes().splitlines(keepends=True)
    changed = lines[5].replace(b'"instances":12', b'"instances":13')
    month.write_bytes(b"".join([*lines[:5], changed, *lines[6:]]) if changed != lines[5] else b"".join(lines[1:]))
    said = orthanc.json("/autocontour/evidence/verify")
    assert said["Valid"] is False
    assert said["FirstBroken"]["Change"]


def test_a_chain_whose_end_was_cut_off_stops_contouring_and_says_so_to_everybody(start_orthanc: Start) -> None:
    told: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Hook) as hook:
        Thread(target=hook.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{hook.server_address[1]}/"
        orthanc = start_orthanc(section={"Evidence": {"Webhook": {"Url": url}}})
        contoured(orthanc)
        orthanc.stop()
        month = next((orthanc.state / "evidence" / "chain").glob("*-*.jsonl"))
        whole = month.read_bytes()
        month.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
        orthanc.start(wait_for_gateway=False)
        health = until(
            lambda: (said := orthanc.get("/autocontour/health").json()).get("Error") == "CHAIN_CUT" and said,
            "health says what is wrong with the chain",
        )
        assert "records were cut off" in health["Message"]
        assert [(one["Alert"], one["Reason"]) for one in health["Alerts"]] == [("CHAIN_BROKEN", "CHAIN_CUT")]
        assert orthanc.json("/autocontour/evidence/verify")["FirstBroken"]["Change"] == "cut off"
        assert 'autocontour_alerts{alert="CHAIN_BROKEN"} 1.0' in orthanc.get("/autocontour/metrics").text
        assert [(one["Alert"], one["State"]) for one in told] == [("CHAIN_BROKEN", "raised")]
        hook.shutdown()
    assert orthanc.json("/system")["Name"] == "test", "Orthanc itself goes on"
    orthanc.stop()
    month.write_bytes(whole)
    orthanc.start()
    contoured(orthanc)


def test_missing_files_of_the_evidence_keep_nobody_from_contouring(start_orthanc: Start) -> None:
    nowhere = {"Url": "http://127.0.0.1:9/", "CaFile": "/nowhere.pem"}
    evidence = {
        "TimeStamp": nowhere,
        "Audit": {"Host": "localhost", "CaFile": "/nowhere.pem"},
        "Webhook": nowhere | {"TokenFile": "/nowhere"},
        "PdfSignature": {"CertificateFile": "/nowhere.pem", "KeyFile": "/nowhere.key"},
    }
    orthanc = start_orthanc(section={"Evidence": evidence})
    code = contoured(orthanc)["EvidenceCode"]

    def of_the_evidence() -> list[str]:
        alerts = [one["Alert"] for one in orthanc.json("/autocontour/health")["Alerts"]]
        return [alert for alert in alerts if alert not in KINDS]

    assert until(of_the_evidence, "the outage is an alert") == ["AUDIT_UNREACHABLE"]
    answer = orthanc.get(f"/autocontour/evidence/{code}", params={"format": "pdf"})
    assert (answer.status_code, answer.json()["Error"]) == (422, "PDF_SEAL")


def test_the_report_of_the_month_counts_the_job(orthanc: OrthancProcess) -> None:
    contoured(orthanc)
    month = f"{datetime.now(UTC):%Y-%m}"
    assert "EVIDENCE-7" not in str(orthanc.json(f"/autocontour/reports/{month}"))
    assert orthanc.get(f"/autocontour/reports/{month}", params={"format": "pdf"}).content.startswith(b"%PDF")
    assert orthanc.get("/autocontour/reports/never").status_code == 400


def test_a_patient_learns_what_was_done_and_erases_it(orthanc: OrthancProcess) -> None:
    patient = Patient(name="Rights^Test", identifier="RIGHTS-8")
    job = contoured(orthanc, patient)
    said = orthanc.json(f"/autocontour/subjects/{patient.identifier}")
    assert said["PatientID"] == patient.identifier
    assert said["Series"] == 1
    assert str(job["EvidenceCode"]) in str(said).replace("-", "")
    erased = deed(orthanc, "erase", patient.identifier).json()
    assert (erased["Series"], erased["Jobs"]) == (1, 1)
    assert erased["Rows"] >= 2
    assert erased["Left"] == 0
    assert orthanc.jobs(Series=str(job["Series"])) == []
    assert deed(orthanc, "find", patient.identifier).json()["Jobs"] == []
    again = deed(orthanc, "erase", patient.identifier).json()
    assert (again["Series"], again["Jobs"], again["Rows"]) == (0, 0, 0), "that nothing was met is seen"
    assert certificate(orthanc, job["EvidenceCode"])["State"] == "closed"


def test_a_patient_who_objects_is_never_processed(orthanc: OrthancProcess) -> None:
    patient = Patient(name="Objection^Test", identifier="OBJECTION/9 a")
    assert deed(orthanc, "objection", patient.identifier).json()["Objection"] is True
    series = orthanc.store_all(files_of(phantom_series(patient=patient)))
    job = orthanc.job_of(series)
    assert (job["State"], job["Error"]["Code"]) == ("excluded", "EXCLUDED")
    asked = orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct"})
    assert asked.status_code == 422
    assert "objected" in asked.json()["Message"]
    assert orthanc.rtstructs() == []
    withdrawn = deed(orthanc, "withdraw", patient.identifier).json()
    assert (withdrawn["Objection"], withdrawn["Withdrawn"]) == (False, True)
    assert deed(orthanc, "withdraw", patient.identifier).json()["Withdrawn"] is False
    assert orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct"}).status_code == 202
    assert orthanc.job_of(series)["State"] == "done"


def test_an_objection_counts_in_lua_and_in_a_script_of_the_site_too(start_orthanc: Start, tmp_path: Path) -> None:
    (tmp_path / "site.lua").write_text(
        """
        function OnStableSeries(seriesId, tags, metadata)
           if tags.Modality == 'CT' then
              print('ASKED ' .. tostring(AutoContour.request(seriesId, { Model = 'hu-ct' })))
           end
        end
        """
    )
    script = "from routing.script import Decision, Series\n\ndef route(series: Series):\n    return Decision('hu-ct')\n"
    (tmp_path / "route.py").write_text(script)
    library = Path(routing.__file__).parent / "autocontour.lua"
    orthanc = start_orthanc(
        section={"Rules": [], "RoutingScript": str(tmp_path / "route.py")},
        options={"LuaScripts": [str(tmp_path / "site.lua"), str(library)], "StableAge": 1},
    )
    assert deed(orthanc, "objection").json()["Objection"] is True
    series = orthanc.store_all(files_of(phantom_series(patient=PATIENT)))
    until(lambda: "Lua says: ASKED nil" in orthanc.tail(100_000), "Lua was refused")
    assert orthanc.job_of(series)["State"] == "excluded"
    again = orthanc.store_all(files_of(phantom_series(patient=PATIENT)))
    assert orthanc.job_of(again)["State"] == "excluded"
    assert orthanc.rtstructs() == []
    other = orthanc.store_all(files_of(phantom_series()))
    assert orthanc.job_of(other)["State"] == "done", "the script and Lua do contour others"
    assert deed(orthanc, "withdraw").json()["Objection"] is False
    assert orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct"}).status_code == 202
    assert orthanc.job_of(series)["State"] == "done"


def test_an_objection_ends_the_job_that_runs(start_orthanc: Start, tmp_path: Path) -> None:
    environment = {"AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"), "FAULT": "pause:draw:3", "FAULT_ONCE": ""}
    orthanc = start_orthanc(environment=environment)
    series = orthanc.store_all(files_of(phantom_series(patient=PATIENT)))
    until(lambda: orthanc.jobs(Series=series, State="running"), "the job runs")
    assert deed(orthanc, "objection").json()["CancelledJobs"] == 1
    assert orthanc.job_of(series)["State"] == "excluded"
    until(lambda: list((orthanc.state / "spool").iterdir()) == [], "the spool is erased")
    assert orthanc.rtstructs() == []


def test_an_erasure_while_the_job_runs_leaves_nothing_and_closes_its_evidence(
    start_orthanc: Start, tmp_path: Path
) -> None:
    environment = {"AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"), "FAULT": "pause:draw:3", "FAULT_ONCE": ""}
    orthanc = start_orthanc(environment=environment)
    series = orthanc.store_all(files_of(phantom_series(patient=PATIENT)))
    (job,) = until(lambda: orthanc.jobs(Series=series, State="running"), "the job runs")
    until(lambda: list((orthanc.state / "spool").iterdir()), "it has made something")
    erased = deed(orthanc, "erase")
    assert (erased.status_code, erased.json()["Left"]) == (200, 0)
    assert orthanc.jobs() == []
    assert list((orthanc.state / "spool").iterdir()) == []
    assert {state for state, _ in vault_rows(orthanc.state)} == {"destroyed"}
    said = certificate(orthanc, job["EvidenceCode"])
    assert (said["State"], said["Outcome"], said["Missing"]) == ("closed", "cancelled", [])
    assert deletions(said) == [LISTED, LOOKED_UP, KEY_GONE]
    assert orthanc.rtstructs() == []


def test_after_the_end_of_a_job_nothing_is_left_and_the_certificate_says_how_that_is_known(
    orthanc: OrthancProcess,
) -> None:
    job = contoured(orthanc)
    assert shape_of_orthanc(orthanc) == {
        "patients": 1,
        "studies": 1,
        "series": 2,
        "instances": len(phantom_series()) + 1,
        "modalities": ["CT", "RTSTRUCT"],
        "jobs": [],
    }
    assert pseudonyms_in_orthanc(orthanc) == []
    assert list((orthanc.state / "spool").iterdir()) == []
    assert set(vault_rows(orthanc.state)) == {("destroyed", None)}
    said = certificate(orthanc, job["EvidenceCode"])
    assert deletions(said) == [LISTED, LOOKED_UP, KEY_GONE]
    assert "Orthanc holds 0 pseudonymised copies" in str(said["Statements"])
    assert [said["Sent"], said["Recipient"], said["Receipts"]] == [None, None, []]


@pytest.mark.parametrize("burned_in", ["NO", "YES"])
def test_what_would_leave_is_shown_and_nothing_leaves(orthanc: OrthancProcess, burned_in: str, tmp_path: Path) -> None:
    orthanc.post("/autocontour/targets/local/pause")
    try:
        slices = phantom_series(patient=PATIENT, BurnedInAnnotation=burned_in)
        series = orthanc.store_all(files_of(slices))
        shown = orthanc.get(f"/autocontour/series/{series}/outgoing")
        files = orthanc.get(f"/autocontour/series/{series}/outgoing", params={"format": "zip"})
    finally:
        orthanc.post("/autocontour/targets/local/resume")
    if burned_in == "YES":
        for answer in (shown, files):
            assert answer.status_code == 422
            assert any("BURNED_IN" in rule for rule in answer.json()["Findings"])
        return
    name = next(row for row in shown.json()["Attributes"] if row["Keyword"] == "PatientName")
    assert name["Before"] == PATIENT.name
    assert str(name["After"]).startswith("PSN-")
    zipfile.ZipFile(io.BytesIO(files.content)).extractall(tmp_path / "outgoing")
    assert len(verify(tmp_path / "outgoing")) == len(slices)
    assert PATIENT.identifier.encode() not in files.content


def test_metrics_are_prometheus_text(orthanc: OrthancProcess) -> None:
    contoured(orthanc)
    text = orthanc.get("/autocontour/metrics").text
    assert "autocontour_up 1.0" in text
    assert 'autocontour_jobs{state="failed"}' in text
    assert 'autocontour_target_paused{target="local"} 0.0' in text
