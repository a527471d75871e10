"""One marked patient, every outcome, a whole month's evidence: and nothing that goes out leads to the patient."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydicom.dataset import Dataset

from model.samples.dicom_series import Patient
from plugin.cli import main
from tests.builders.false_service import FalseService
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.service_process import ServiceProcess
from tests.builders.traces import Traces, parts_of

PATIENT = Patient(name="Markerfrau^Ottilie", identifier="MRK7734021", birth_date="19310417")
TEXT = "Verlaufskontrolle Markerbefund"
TAGS = ("PatientID", "PatientName", "PatientBirthDate", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")


def rule(name: str, when: dict[str, Any], target: str) -> dict[str, Any]:
    return {"Name": name, "When": when, "Then": {"Model": "hu-ct", "Target": target}}


RULES: list[dict[str, Any]] = [
    {"Name": "no phantoms", "When": {"SeriesDescription": "*Localizer*"}, "Then": {"Exclude": "a localizer"}},
    rule("out", {"SeriesDescription": "*Cloud*"}, "cloud"),
    rule("to a liar", {"SeriesDescription": "*Refused*"}, "refuses"),
    rule("the rest", {"Modality": "CT"}, "local"),
]


class Month:
    """An Orthanc with everything that tells anybody something: webhook, audit repository, two services."""

    def __init__(self, folder: Path, liar: FalseService) -> None:
        self.hooked: list[bytes] = []
        self.audited: list[bytes] = []
        self._hook = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        Thread(target=self._hook.serve_forever, daemon=True).start()
        self._syslog = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._syslog.bind(("127.0.0.1", 0))
        Thread(target=self._listen, daemon=True).start()
        self.service = ServiceProcess(folder / "service").start()
        evidence = {
            "Controller": {"Name": "University Hospital Musterstadt"},
            "Webhook": {"Url": f"http://127.0.0.1:{self._hook.server_address[1]}/"},
            "Audit": {"Host": "127.0.0.1", "Port": self._syslog.getsockname()[1], "Protocol": "udp"},
        }
        targets = {"cloud": self.service.target(), "refuses": liar.target()}
        self.section = {"Rules": RULES, "Targets": targets, "Evidence": evidence}
        self.orthanc = OrthancProcess(folder / "orthanc", section=self.section).start()
        self.identifiers: set[str] = set()
        self.codes: set[str] = set()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hooked = self.hooked

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hooked.append(str(self.headers).encode() + self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        return Hook

    def _listen(self) -> None:
        while True:
            try:
                self.audited.append(self._syslog.recv(65_535))
            except OSError:
                return

    def send(self, description: str, slices: list[Dataset] | None = None, **attributes: Any) -> dict[str, Any]:
        slices = slices or phantom_series(
            patient=PATIENT, description=f"{TEXT} {description}", AccessionNumber="ACC7734021", **attributes
        )
        series = self.orthanc.store_all(files_of(slices))
        job = self.orthanc.job_of(series)
        self.identifiers |= {str(one.get(tag)) for one in (slices[0], slices[-1]) for tag in (*TAGS, "SOPInstanceUID")}
        self.codes.add(job["EvidenceCode"])
        return job

    def end(self) -> None:
        for level in ("patients", "studies", "series", "instances"):
            self.identifiers |= set(self.orthanc.json(f"/{level}"))

    def stop(self) -> None:
        self.orthanc.stop()
        self.service.stop()
        self._hook.shutdown()
        self._syslog.close()


@pytest.fixture
def month(tmp_path: Path) -> Iterator[Month]:
    with FalseService(tmp_path / "liar", "refuses") as liar:
        made = Month(tmp_path, liar)
        yield made
        made.stop()


def test_nothing_that_goes_out_in_a_month_leads_to_the_patient(
    month: Month, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    orthanc, subject = month.orthanc, {"PatientID": PATIENT.identifier}
    gap = phantom_series(patient=PATIENT, description=f"{TEXT} gap")
    ended = {
        "here": month.send("here"),
        "there": month.send("Cloud"),
        "refused here": month.send("burned", BurnedInAnnotation="YES"),
        "refused there": month.send("Refused"),
        "excluded": month.send("Localizer"),
        "failed": month.send("gap", gap[:4] + gap[6:]),
    }
    assert {name: job["State"] for name, job in ended.items()} == {
        "here": "done",
        "there": "done",
        "refused here": "rejected",
        "refused there": "rejected",
        "excluded": "excluded",
        "failed": "failed",
    }
    told = [orthanc.post("/autocontour/subjects/find", json=subject).content]
    told.append(orthanc.post("/autocontour/subjects/objection", json=subject).content)
    assert month.send("objected")["State"] == "excluded"
    month.end()
    assert orthanc.post("/autocontour/subjects/erase", json=subject).json()["Left"] == 0
    for code in month.codes:
        told.append(orthanc.get(f"/autocontour/evidence/{code}").content)
        told += parts_of(orthanc.get(f"/autocontour/evidence/{code}", params={"format": "pdf"}).content)
    period = f"/autocontour/reports/{datetime.now(UTC):%Y-%m}"
    report = orthanc.json(period)
    assert report["document"]["body"]["Totals"]["Jobs"] == len(month.codes) == 7
    told.append(json.dumps(report).encode())
    told += parts_of(orthanc.get(period, params={"format": "pdf"}).content)
    told += [orthanc.get(f"/autocontour/{route}").content for route in ("health", "metrics", "evidence/verify")]
    until(lambda: b"REMOTE_REFUSAL" in b"".join(month.hooked), "the webhook is told of the refusal", 180)
    until(lambda: b'csd-code="110110"' in b"".join(month.audited[-40:]), "the repository heard of the erasure", 180)
    told += month.hooked + month.audited
    told += dossier(orthanc, tmp_path)
    kept = [orthanc.state / "evidence", month.service.directory, *orthanc.state.glob("workflows.sqlite*")]
    told += [
        path.read_bytes()
        for place in kept
        for path in ([place] if place.is_file() else place.rglob("*"))
        if path.is_file()
    ]
    names = [
        str(path.relative_to(tmp_path)).encode() for path in tmp_path.rglob("*") if "OrthancStorage" not in path.parts
    ]
    traces = Traces(month.identifiers | {TEXT, "Markerbefund", "7734021", "1931-04-17", "ACC7734021"})
    assert len(month.identifiers) > 60
    assert len(told) > 150
    assert {content[:80]: found for content in told if (found := traces.found_in(content))} == {}
    assert (
        traces.found_in(b"\n".join(name for name in names if b"storage/" not in name or b"autocontour" in name)) == []
    )
    assert traces.found_in(orthanc.get("/patients?expand").content), "the search itself finds what is there"
    capsys.readouterr()


def dossier(orthanc: OrthancProcess, folder: Path) -> list[bytes]:
    """The processing dossier of the running configuration, as Markdown and as PDF."""
    for name in ("dossier.md", "dossier.pdf"):
        assert main(["evidence", "dossier", str(orthanc.directory / "orthanc.json"), "-o", str(folder / name)]) == 0
    return [(folder / "dossier.md").read_bytes(), *parts_of((folder / "dossier.pdf").read_bytes())]
