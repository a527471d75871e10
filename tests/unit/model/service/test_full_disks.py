"""Real tmpfs that are really full: the service's memory for images, and the disk that its records lie on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from model.errors import TargetFailed
from plugin.forward.retry import Retry
from plugin.privacy.clean import CleanSeries
from tests.builders.lone_gateway import LoneGateway
from tests.builders.orthanc_process import until
from tests.builders.service_process import ServiceProcess


@contextmanager
def tmpfs(place: Path, size: str) -> Iterator[Path]:
    """A file system of its own in memory, no larger than said."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs needs root")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def fill(place: Path) -> Path:
    """A file that takes all that is left."""
    path = place / ("f" * 32)
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return path


def test_memory_for_images_that_is_full_for_a_while_costs_a_new_transfer_and_no_job(
    series: CleanSeries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = ServiceProcess(tmp_path / "service", keys={"SpoolBytes": 1 << 30})
    with tmpfs(service.spool, "64k"), service.start():
        north = service.client()
        transfer = north.open(series)
        codes = [north.put(transfer, file.sop_instance_uid, file.data).status_code for file in series]
        assert 507 in codes
        assert service.left() == []
        assert north.status(transfer)["Error"]["Code"] == "SPOOL_FULL"
        assert north.steps(transfer) == ["DELETED"]
        south = service.client("south").open(series)  # another site's transfer lives on

        def grow(_self: Retry, _seconds: float) -> None:
            subprocess.run(["mount", "-o", "remount,size=16m", str(service.spool)], check=True)

        monkeypatch.setattr(Retry, "sleep", grow)
        gateway = LoneGateway(tmp_path / "gateway", service)
        content, _ = gateway.send(series)
        assert content
        assert service.metric("autocontour_transfers_opened_total") == 4, "the gateway's was sent twice"
        service.client("south").put_all(south, series)
        service.client("south").call("DELETE", f"/v1/transfers/{south}")
        assert service.left() == []


def test_records_that_cannot_be_written_keep_no_image_and_are_written_once_there_is_room(
    series: CleanSeries, tmp_path: Path
) -> None:
    service = ServiceProcess(tmp_path / "service")
    key = (service.state / "signing.key").read_bytes()
    with tmpfs(service.state, "3m"):
        (service.state / "signing.key").write_bytes(key)
        (service.state / "signing.key").chmod(0o600)
        with service.start():
            north = service.client()
            begun, filled = north.open(series), north.open(series)
            north.put(begun, series.files[0].sop_instance_uid, series.files[0].data)
            north.put_all(filled, series)
            stop = fill(service.state)
            announced, refused = north.announce(series.manifest)
            asked = [north.begin(filled), north.call("DELETE", f"/v1/transfers/{begun}"), refused]
            told = [(answer.status_code, answer.json()["Error"], "Retry-After" in answer.headers) for answer in asked]
            assert told == [(503, "RECORDS", True)] * 3
            assert len({path.parent.parent for path in service.left()}) == 1  # of the one that was not to be deleted
            health = north.call("GET", "/health")
            assert health.status_code == 503
            assert "records" in health.json()["Reasons"][0]
            stop.unlink()
            until(lambda: north.status(begun).get("State") == "deleted", "the deletion is noted")
            assert north.steps(begun) == ["DELETED"]
            assert north.begin(filled).status_code == 202
            north.wait(filled, "ready")
            north.fetch(filled)
            north.call("DELETE", f"/v1/transfers/{filled}")
            assert north.steps(filled) == ["VERIFIED", "PROCESSED", "DELETED"]
            _, again = north.announce(series.manifest, transfer=announced)
            assert again.status_code in (201, 409)
            assert north.call("GET", "/health").status_code == 200
        assert service.left() == []


def test_a_gateway_whose_announcement_was_noted_but_not_answered_begins_anew(
    service: ServiceProcess, series: CleanSeries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The id is used up, by itself: that is no reason to fail a job."""
    from plugin.forward.service import wire_id

    gateway = LoneGateway(tmp_path, service)
    remote = gateway.remote_job(series)
    north = service.client()
    used = wire_id(remote.job.workflow_id, 1)
    north.announce(series.manifest, transfer=used)
    north.call("DELETE", f"/v1/transfers/{used}")
    monkeypatch.setattr(Retry, "sleep", lambda _self, _seconds: None)
    assert gateway.forward.draw(remote).rois
    assert remote.load_state()["round"] == 2


def test_a_series_that_never_fits_is_final_and_sends_nothing(series: CleanSeries, tmp_path: Path) -> None:
    service = ServiceProcess(tmp_path / "service", limits={"MaximumInstances": len(series) - 1})
    with service.start():
        gateway = LoneGateway(tmp_path / "gateway", service)
        with pytest.raises(TargetFailed) as refused:
            gateway.send(series)
        assert (refused.value.code, refused.value.retry) == ("SERVICE_TOO_LARGE", False)
        remote = gateway.remote_job(series)
        job: Any = remote.job
        job.model = "no-such-model"
        gateway.chain.declare(("no-such-model",))
        with pytest.raises(TargetFailed, match="MODEL_UNKNOWN") as unknown:
            gateway.forward.draw(remote)
        assert (unknown.value.code, unknown.value.retry) == ("SERVICE_REFUSED", False)
        assert service.metric("autocontour_received_instances_total") == 0
        assert service.left() == []
