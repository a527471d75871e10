"""`status`, `jobs` and `retry`: what they say of a running Orthanc, and of one that cannot be asked."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from plugin.cli import main
from plugin.jobs.job import State
from tests.builders.jobs import a_job
from tests.builders.orthanc_process import free_port

HEALTH = {
    "Status": "ok",
    "Version": "0.2.0",
    "Reasons": [],
    "Jobs": {"done": 3, "failed": 1},
    "Targets": [{"Name": "local", "Paused": True, "Failures": 0, "Reason": None, "Running": 0, "Waiting": 2}],
    "Warnings": ["Look here."],
    "Alerts": [{"Alert": "RECEIPT_MISSING", "Message": "A receipt is missing."}],
}
SYSTEM = {"ApiVersion": 15}


@contextmanager
def answering(answers: dict[str, tuple[int, Any]]) -> Iterator[str]:
    """The address of a server that gives these answers by path, and 404 with a page elsewhere."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.get(self.path.split("?")[0], (404, "<html>nothing here</html>"))
            content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            if self.headers.get("Authorization") == "Basic YTp3cm9uZw==":
                status, content = 401, b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_status_says_what_works_what_waits_and_what_needs_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    with answering({"/autocontour/health": (200, HEALTH)}) as url:
        assert main(["status", "--url", url]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "Auto-contouring works (version 0.2.0).",
            "jobs: 3 done, 1 failed",
            "target local: 0 running, 2 waiting, paused",
            "warning: Look here.",
            "alert RECEIPT_MISSING: A receipt is missing.",
        ]
        assert main(["status", "--url", url, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == HEALTH


def test_status_of_what_does_not_work_says_why_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    unwell = {"Status": "unavailable", "Reasons": ["The disk is full."], "Error": "UNAVAILABLE", "Message": "…"}
    with answering({"/autocontour/health": (503, unwell)}) as url:
        assert main(["status", "--url", url]) == 1
    assert capsys.readouterr().out == "Auto-contouring does not work:\n  The disk is full.\n"


@pytest.mark.parametrize("command", [["status"], ["jobs"], ["retry", "0" * 32]])
def test_who_cannot_be_asked_is_said_in_one_sentence(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def said(url: str, *options: str) -> str:
        assert main([*command, "--url", url, *options]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        return line

    assert "[ORTHANC_UNREACHABLE]" in said(f"http://127.0.0.1:{free_port()}")
    with answering({"/system": (200, SYSTEM)}) as url:
        assert "[NO_PLUGIN]" in said(url)
    with answering({}) as url:
        assert "[NO_ORTHANC]" in said(url)
    with answering({f"/autocontour/{path}": (401, "") for path in ("health", "jobs", f"jobs/{'0' * 32}/retry")}) as url:
        assert "--user" in said(url)


def test_a_wrong_password_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = tmp_path / "password"
    secret.write_text("wrong\n")
    with answering({"/autocontour/health": (200, HEALTH)}) as url:
        assert main(["status", "--url", url, "--user", "a", "--password-file", str(secret)]) == 1
        assert "the password is wrong" in capsys.readouterr().err
        secret.write_text("right\n")
        assert main(["status", "--url", url, "--user", "a", "--password-file", str(secret)]) == 0


def test_a_password_that_cannot_be_had_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in (["--user", "a"], ["--user", "a", "--password-file", str(tmp_path / "none")]):
        assert main(["status", *options]) == 1
        assert "[PASSWORD]" in capsys.readouterr().err
    assert main(["status", "--url", "http://a:b@localhost"]) == 1
    assert "[URL]" in capsys.readouterr().err


def test_jobs_are_lines_with_the_code_of_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    job = a_job(state=State.FAILED, error_code="GEOMETRY_GAP", error_message="A slice is missing.").to_json()
    with answering({"/autocontour/jobs": (200, [job])}) as url:
        assert main(["jobs", "--url", url, "--state", "failed"]) == 0
        (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{job['ID']}  failed ")
    assert line.endswith("GEOMETRY_GAP")
    with answering({"/autocontour/jobs": (200, [])}) as url:
        assert main(["jobs", "--url", url]) == 0
    assert capsys.readouterr().out == "No job yet.\n"


def test_a_retry_says_what_became_of_the_job_or_why_it_cannot_be(capsys: pytest.CaptureFixture[str]) -> None:
    job = a_job(state=State.WAITING, attempt=2).to_json()
    path = f"/autocontour/jobs/{job['ID']}/retry"
    with answering({path: (200, job)}) as url:
        assert main(["retry", job["ID"], "--url", url]) == 0
    assert capsys.readouterr().out == "The job is waiting again (attempt 2).\n"
    with answering({path: (409, {"Error": "SERIES_CHANGED", "Message": "It is another one."})}) as url:
        assert main(["retry", job["ID"], "--url", url]) == 1
    assert capsys.readouterr().err == "autocontour: It is another one. [SERIES_CHANGED]\n"
    assert main(["retry", "../erase"]) == 1


def test_support_is_listed_then_written_and_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"Files": [{"Name": "health.json", "Text": "{}\n"}]}
    output = tmp_path / "support.zip"
    with answering({"/autocontour/support": (200, files), "/autocontour/support/issued": (200, {"Record": 2})}) as url:
        assert main(["support", str(output), "--url", url]) == 1
        assert "health.json" in capsys.readouterr().out
        assert not output.exists(), "nobody has agreed"
        assert main(["support", str(output), "--url", url, "--yes"]) == 0
    with zipfile.ZipFile(output) as archive:
        assert archive.read("health.json") == b"{}\n"
    refused = {"Error": "SUPPORT_MARKED", "Message": "Something of a patient stands in log.txt."}
    with answering({"/autocontour/support": (422, refused)}) as url:
        assert main(["support", str(tmp_path / "other.zip"), "--url", url, "--yes"]) == 1
    assert not (tmp_path / "other.zip").exists()
