"""Whatever breaks, in every phase: the images are gone, a receipt says so, and other transfers go on."""

from __future__ import annotations

import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from model.errors import ConfigurationRefused
from model.evidence.event import Event
from model.evidence.files import read_records
from model.evidence.receipt import Step, read_receipt
from model.service.spool import filesystem_of, open_spool
from plugin.privacy.clean import CleanSeries
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import CHECKOUT, until
from tests.builders.service_process import ServiceProcess, SiteClient

Start = Callable[..., ServiceProcess]
KILLED = ("open", "take", "start", "process", "drawn", "fetched", "end")


@pytest.mark.parametrize("where", some_of(KILLED, always=("open", "process", "fetched")))
def test_a_service_killed_in_any_phase_sweeps_at_its_next_start_and_signs(
    start_service: Start, series: CleanSeries, where: str
) -> None:
    service = start_service(environment={"FAULT": f"kill:{where}"})
    north = service.client()
    transfer = "ab" * 16
    try:
        north.announce(series.manifest, transfer=transfer)
        north.put_all(transfer, series)
        north.begin(transfer)
        north.wait(transfer, "ready", seconds=120)
        if where == "fetched":  # handed over to the last byte, and not deleted
            assert north.fetch(transfer).content.startswith(bytes(128) + b"DICM")
        north.call("DELETE", f"/v1/transfers/{transfer}")
    except (OSError, AssertionError):
        pass  # the service is gone, which is the point
    assert service.process is not None
    until(lambda: service.process.poll() is not None, "the service was killed")  # type: ignore[union-attr]
    service.environment = {}
    service.start()
    assert list(service.spool.iterdir()) == []
    north = service.client()
    if where == "open":  # killed before it was noted: there is nothing to sign for
        assert north.call("GET", f"/v1/transfers/{transfer}").status_code == 404
        return
    status = north.status(transfer)
    assert (status["State"], status["Error"]["Code"]) == ("failed", "RESTARTED")
    receipt = read_receipt(north.receipts(transfer)[-1], [service.key], transfer=transfer, step=Step.DELETED)
    assert receipt.facts["left"] == 0
    events = [record.event for record in read_records(service.state / "chain")]
    assert Event.SWEPT in events
    assert north.wait(north.send(series), "ready")["State"] == "ready"


def test_a_service_that_is_told_to_stop_deletes_what_it_holds_and_signs(
    start_service: Start, series: CleanSeries
) -> None:
    service = start_service()
    north = service.client()
    transfer = north.upload(series)
    assert len(service.left()) == len(series)
    assert service.process is not None
    service.process.terminate()
    service.require_good_end()
    assert service.left() == []
    service.start()
    assert north.status(transfer)["Error"]["Code"] == "STOPPED"
    receipt = read_receipt(north.receipts(transfer)[-1], [service.key], transfer=transfer, step=Step.DELETED)
    assert (receipt.facts["files"], receipt.facts["left"]) == (len(series), 0)


def test_a_worker_that_dies_fails_the_transfer_and_the_next_succeeds(start_service: Start, series: CleanSeries) -> None:
    service = start_service(environment={"FAULT": "worker-dies:drawn"})
    north = service.client()
    transfer = north.send(series)
    failed = north.wait(transfer, "failed")
    assert failed["Error"]["Code"] == "WORKER_DIED"
    assert service.left() == []
    assert north.steps(transfer) == ["VERIFIED", "DELETED"]
    again = north.send(series)
    north.wait(again, "ready")
    north.call("DELETE", f"/v1/transfers/{again}")
    assert service.left() == []


def test_a_site_whose_token_is_revoked_in_the_middle_of_an_upload_leaves_nothing(
    start_service: Start, series: CleanSeries
) -> None:
    service = start_service(keys={"IdleSeconds": 2})
    north = service.client()
    transfer = north.open(series)
    assert north.put(transfer, series.files[0].sop_instance_uid, series.files[0].data).status_code == 200
    kept = service.sites["north"]["TokenSha256"]
    service.sites["north"]["TokenSha256"] = []
    service.write()
    refused = north.put(transfer, series.files[1].sop_instance_uid, series.files[1].data)
    assert (refused.status_code, refused.json()["Error"]) == (401, "TOKEN")
    until(lambda: service.left() == [], "what had arrived is deleted")
    service.sites["north"]["TokenSha256"] = kept
    service.write()
    assert north.steps(transfer) == ["DELETED"]


def test_an_unexpected_error_is_told_without_a_value_and_the_service_goes_on(
    start_service: Start, series: CleanSeries
) -> None:
    service = start_service(environment={"FAULT": "raise:start"})
    north = service.client()
    transfer = north.upload(series)
    answer = north.begin(transfer)
    assert (answer.status_code, answer.json()["Error"]) == (500, "INTERNAL")
    assert "Vertraulich" not in answer.text + service.tail(1000)
    assert north.call("DELETE", f"/v1/transfers/{transfer}").json()["State"] == "deleted"
    assert service.left() == []


def test_a_chain_that_was_changed_takes_no_transfer_and_keeps_no_image(
    start_service: Start, series: CleanSeries
) -> None:
    service = start_service()
    north = service.client()
    transfer = north.upload(series)
    for path in (service.state / "chain").glob("*.jsonl"):
        path.write_bytes(path.read_bytes()[:-40])
    _, refused = north.announce(series.manifest)
    deleted = north.call("DELETE", f"/v1/transfers/{transfer}")
    for answer in (refused, deleted):
        assert (answer.status_code, answer.json()["Error"]) == (503, "RECORDS"), answer.text
    assert service.left() == []
    assert north.call("GET", "/health").status_code == 503
    assert "EvidenceBroken" in service.tail()


def connection(service: ServiceProcess) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=service.ca)
    return context.wrap_socket(socket.create_connection(("localhost", service.port)), server_hostname="localhost")


def head(north: SiteClient, transfer: str, uid: str, length: int) -> bytes:
    token = north.http.headers["Authorization"]
    return (
        f"PUT /v1/transfers/{transfer}/instances/{uid} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token!s}\r\n"
        f"Content-Type: application/dicom\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


@pytest.mark.parametrize("part", [0.0, 0.5, 0.99])
def test_a_connection_cut_in_an_upload_leaves_no_part_of_the_file(
    service: ServiceProcess, north: SiteClient, series: CleanSeries, part: float
) -> None:
    transfer = north.open(series)
    file = series.files[0]
    with connection(service) as wire:
        wire.sendall(head(north, transfer, file.sop_instance_uid, len(file.data)))
        wire.sendall(file.data[: int(len(file.data) * part)])
        time.sleep(0.1)
    until(lambda: service.left() == [], "the part is removed")
    assert north.status(transfer)["Received"] == 0
    assert north.put(transfer, file.sop_instance_uid, file.data).status_code == 200  # and the upload goes on
    north.call("DELETE", f"/v1/transfers/{transfer}")


def test_a_connection_cut_while_fetching_leaves_nothing_at_the_deadline(
    start_service: Start, series: CleanSeries
) -> None:
    service = start_service(keys={"TransferMinutes": 0.2})
    north = service.client()
    transfer = north.send(series)
    while north.wait(transfer, "ready", "expired")["State"] == "expired":  # a busy machine's first drawing is slow
        transfer = north.send(series)
    with connection(service) as wire:
        token = north.http.headers["Authorization"]
        wire.sendall(f"GET /v1/transfers/{transfer}/rtstruct HTTP/1.1\r\nAuthorization: {token!s}\r\n\r\n".encode())
    until(lambda: service.left() == [], "the contours are deleted")
    until(lambda: north.steps(transfer)[-1] == "DELETED", "the deletion is on record")


def test_a_slow_client_is_cut_off_and_a_stalled_upload_deleted(start_service: Start, series: CleanSeries) -> None:
    service = start_service(keys={"InstanceSeconds": 1, "IdleSeconds": 3})
    north = service.client()
    transfer = north.open(series)
    file = series.files[0]
    with connection(service) as wire:
        wire.sendall(head(north, transfer, file.sop_instance_uid, len(file.data)))
        answer = b""
        for byte in file.data[:100]:
            try:
                wire.sendall(bytes([byte]))
                wire.settimeout(0.05)
                answer = wire.recv(100)
                break
            except TimeoutError:
                continue
        assert answer.startswith(b"HTTP/1.1 408")
    assert service.left() == []
    stalled = north.wait(transfer, "expired")
    assert stalled["Error"]["Code"] == "STALLED"
    assert north.steps(transfer) == ["DELETED"]


def test_a_transfer_past_its_deadline_is_deleted(start_service: Start, series: CleanSeries) -> None:
    service = start_service(keys={"TransferMinutes": 0.03})
    north = service.client()
    transfer = north.open(series)
    north.put(transfer, series.files[0].sop_instance_uid, series.files[0].data)
    expired = north.wait(transfer, "expired")
    assert expired["Error"]["Code"] == "EXPIRED"
    assert service.left() == []
    assert north.begin(transfer).status_code == 410


def test_a_full_spool_makes_others_wait_and_says_what_never_fits(start_service: Start, series: CleanSeries) -> None:
    size = sum(len(file.data) for file in series)
    service = start_service(keys={"SpoolBytes": size + 10})
    north = service.client()
    transfer = north.open(series)
    other = series.manifest.model_copy(update={"files": series.manifest.files[:6]})
    assert north.announce(other)[1].status_code == 503
    assert north.announce(other)[1].headers["Retry-After"]
    north.call("DELETE", f"/v1/transfers/{transfer}")
    assert north.announce(other)[1].status_code == 201
    small = start_service(keys={"SpoolBytes": size - 1})
    assert small.client().announce(series.manifest)[1].status_code == 413


def test_a_document_that_is_too_large_is_refused(north: SiteClient) -> None:
    answer = north.call("POST", "/v1/transfers", data=b" " * (5 * 1024 * 1024))
    assert (answer.status_code, answer.json()["Error"]) == (413, "TOO_LARGE")


def test_images_on_a_disk_are_refused_unless_it_is_called_encrypted(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 0 0:1 / / rw - ext4 disk rw\n2 1 0:2 / {tmp_path / 'm'} rw - tmpfs tmpfs rw\n")
    assert filesystem_of(tmp_path / "m" / "spool", mounts) == "tmpfs"
    with pytest.raises(ConfigurationRefused, match="written to a disk"):
        open_spool(tmp_path / "spool", None, encrypted=False, mounts=mounts)
    assert open_spool(tmp_path / "spool", None, encrypted=True, mounts=mounts)
    assert open_spool(tmp_path / "m" / "spool", None, encrypted=False, mounts=mounts)


def test_a_spool_with_foreign_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(ConfigurationRefused, match="for itself"):
        open_spool(tmp_path, None, encrypted=True)


def test_the_service_does_not_start_on_a_disk(tmp_path: Path) -> None:
    service = ServiceProcess(tmp_path)
    service.spool = tmp_path / "spool"
    service.write()
    command = [sys.executable, "-m", "plugin.cli", "serve", str(service.path)]
    ended = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=240, check=False)
    if filesystem_of(tmp_path) in ("tmpfs", "ramfs"):
        pytest.skip("the temporary directory is in memory here")
    assert ended.returncode == 2
    assert "Spool" in ended.stderr


def test_files_of_the_service_are_private(service: ServiceProcess) -> None:
    for path in [service.spool, service.state, *service.state.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name
