"""A job that fails is told by mail, though the mail server is away and the gateway is killed meanwhile; once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from tests.builders.mail_server import MailServer
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

PATIENT = "SECRET-4711"


def series_with_a_gap(orthanc: OrthancProcess) -> dict[str, object]:
    slices = phantom_series(PatientID=PATIENT, PatientName="Secret^Person")
    job = orthanc.job_of(orthanc.store_all(files_of(slices[:5] + slices[6:])))
    assert (job["State"], job["Error"]["Code"]) == ("failed", "GEOMETRY_GAP")
    return job


def warnings_of(orthanc: OrthancProcess) -> list[str]:
    answer = orthanc.get("/autocontour/health")
    return list(answer.json().get("Warnings", [])) if answer.status_code == 200 else []


def test_a_mail_waits_for_its_server_through_a_kill_and_comes_once(
    start_orthanc: Callable[..., OrthancProcess],
) -> None:
    server = MailServer()
    channel = {"Name": "desk", "Type": "email", "To": ["desk@h.example"], "From": "gateway@h.example"}
    channel |= {"Host": "127.0.0.1", "Port": server.port, "Security": "none"}  # type: ignore[dict-item]
    orthanc = start_orthanc(section={"Notify": [channel]})
    first = series_with_a_gap(orthanc)
    until(lambda: any("NOTIFY_UNREACHABLE" in one for one in warnings_of(orthanc)), "health says so")
    killed = orthanc.gateway_pid()
    os.kill(killed, signal.SIGKILL)
    with server:
        until(lambda: len(server.mails) == 1, "the mail comes")
        orthanc.wait_for_gateway()
        second = series_with_a_gap(orthanc)
        until(lambda: len(server.mails) == 2, "the second mail comes")
        texts = [mail.get_content() for mail in server.mails]
    assert orthanc.gateway_pid() != killed
    assert [f"Job: {job['ID']}" in text for job, text in zip((first, second), texts, strict=True)] == [True, True]
    assert not any(PATIENT in text or "Secret" in text for text in texts)
    assert not any("NOTIFY" in one for one in warnings_of(orthanc))
