"""The gateway sends many instances in one body; what breaks off is not sent twice, what was refused not again."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model.errors import PrivacyRefused, TargetFailed
from model.evidence.event import Event
from model.gate.manifest import ManifestFile
from model.pipeline.draw import IMAGES
from plugin.forward import upload
from plugin.forward.http import ServiceClient, TransferLost
from plugin.forward.retry import Retry
from plugin.forward.service import ROUNDS
from plugin.forward.upload import BATCH_BYTES, BATCH_FILES, Upload, batches
from plugin.privacy.clean import CleanSeries
from plugin.settings.document import ServiceTarget
from tests.builders.false_service import FalseService
from tests.builders.lone_gateway import LoneGateway
from tests.builders.phantom import Phantom, file_of, phantom_series
from tests.builders.service_process import ServiceProcess, SiteClient
from tests.builders.untouched import lay


def entry(number: int, size: int) -> ManifestFile:
    return ManifestFile(name=f"{number:04}.dcm", sop_instance_uid=f"2.25.{number}", sha256="0" * 64, size=size)


def test_batches_hold_every_file_once_and_no_more_than_they_may() -> None:
    sizes = random.Random(7).choices([1, 30_000, 500_000, BATCH_BYTES - 1, BATCH_BYTES + 1], k=400)
    files = [entry(number, size) for number, size in enumerate(sizes)]
    made = batches(files)
    assert list(itertools.chain.from_iterable(made)) == files
    for batch in made:
        assert len(batch) == 1 or sum(file.size for file in batch) <= BATCH_BYTES
        assert len(batch) <= BATCH_FILES
    assert batches([]) == []
    assert len(batches([entry(number, 1) for number in range(BATCH_FILES + 1)])) == 2


class Breaking(ServiceClient):
    """Its first body breaks off when half of it has arrived."""

    def __init__(self, target: ServiceTarget) -> None:
        super().__init__("cloud", target)
        self.parts: list[int] = []

    def post_many(self, path: str, content_type: str, body: bytes) -> None:
        boundary = b"--" + content_type.rpartition("boundary=")[2].encode()
        parts = body.split(boundary)[1:-1]
        self.parts.append(len(parts))
        if len(self.parts) == 1:
            half = boundary + boundary.join(parts[: len(parts) // 2]) + boundary + b"--\r\n"
            super().post_many(path, content_type, half)
            raise TargetFailed("SERVICE_UNREACHABLE", "The connection broke.", retry=True)
        super().post_many(path, content_type, body)


def test_what_had_arrived_when_a_body_broke_off_is_not_sent_again(
    service: ServiceProcess, north: SiteClient, series: CleanSeries, tmp_path: Path
) -> None:
    lay(series, tmp_path / IMAGES)
    transfer = north.open(series)
    client = Breaking(ServiceTarget.model_validate(service.target()))
    retry = Retry(datetime.now(UTC) + timedelta(hours=1), lambda: True, lambda _code: None, lambda: None)
    told: list[int] = []

    def missing() -> set[str]:
        return set(client.json("GET", f"/v1/transfers/{transfer}")["Missing"])

    sending = Upload(client, retry, f"/v1/transfers/{transfer}", tmp_path / IMAGES, missing, told.append)
    sending.send(series.manifest.files)
    assert client.parts == [12, 6]
    assert told == [12]
    assert north.status(transfer)["Missing"] == []
    assert north.call("DELETE", f"/v1/transfers/{transfer}").status_code == 200
    with pytest.raises(TransferLost):
        sending.send(series.manifest.files)


class Narrow(Breaking):
    """A way on which no body of more than two instances arrives."""

    def post_many(self, path: str, content_type: str, body: bytes) -> None:
        self.parts.append(body.count(b"Content-Type: application/dicom"))
        if self.parts[-1] > 2:
            raise TargetFailed("SERVICE_UNREACHABLE", "The connection broke.", retry=True)
        ServiceClient.post_many(self, path, content_type, body)


def test_a_way_that_carries_no_long_body_is_given_shorter_ones(
    service: ServiceProcess, north: SiteClient, series: CleanSeries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Retry, "sleep", lambda _self, _seconds: None)
    lay(series, tmp_path / IMAGES)
    transfer = north.open(series)
    client = Narrow(ServiceTarget.model_validate(service.target()))
    retry = Retry(datetime.now(UTC) + timedelta(hours=1), lambda: True, lambda _code: None, lambda: None)

    def missing() -> set[str]:
        return set(client.json("GET", f"/v1/transfers/{transfer}")["Missing"])

    told: list[int] = []
    path = f"/v1/transfers/{transfer}"
    Upload(client, retry, path, tmp_path / IMAGES, missing, told.append).send(series.manifest.files)
    assert client.parts == [12, 6, 3, *[1] * 12]
    assert told == [12]
    assert north.status(transfer)["Missing"] == []
    north.call("DELETE", path)


def identify(images: Path) -> None:
    """Put a slice as it came from the scanner in the place of a late one."""
    slices = phantom_series(Phantom(size=64, pixel_mm=6.0), PatientName="Vertraulich^Testmann")
    (images / "0008.dcm").write_bytes(file_of(slices[8]))


def test_a_refusal_is_final_whichever_request_was_told_of_it(
    service: ServiceProcess, series: CleanSeries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve requests, four at once: one is refused, the others find the transfer gone."""
    monkeypatch.setattr(upload, "BATCH_BYTES", 1)
    opened = service.metric("autocontour_transfers_opened_total")
    for number in range(3):
        gateway = LoneGateway(tmp_path / str(number), service, identify)
        remote = gateway.remote_job(series)
        with pytest.raises(PrivacyRefused) as refused:
            gateway.forward.draw(remote)
        assert refused.value.findings
        assert remote.records.has(Event.REMOTE_REJECTED)
        assert remote.records.has(Event.REMOTE_DELETED)
    assert service.metric("autocontour_transfers_opened_total") == opened + 3
    assert service.left() == []
    assert "Vertraulich" not in service.tail(1000)


def test_a_service_that_loses_every_transfer_is_given_up_and_another_job_is_not(
    service: ServiceProcess, series: CleanSeries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Retry, "sleep", lambda _self, _seconds: None)
    with FalseService(tmp_path / "false", "loses") as false:
        loses = LoneGateway(tmp_path / "one", false)
        remote = loses.remote_job(series)
        with pytest.raises(TargetFailed) as failed:
            loses.forward.draw(remote)
        assert (failed.value.code, failed.value.retry) == ("SERVICE_LOSES", False)
        announced = [line for line in false.heard if line.startswith(b"POST /v1/transfers HTTP")]
        assert len(announced) == ROUNDS
    assert LoneGateway(tmp_path / "other", service).send(series)[0]


def test_an_answer_that_gets_lost_does_not_make_a_refusal_a_loss(
    service: ServiceProcess, series: CleanSeries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = ServiceClient.post_many
    broken = iter([True])

    def cut(client: ServiceClient, path: str, content_type: str, body: bytes) -> None:
        try:
            plain(client, path, content_type, body)
        except PrivacyRefused:
            if next(broken, False):
                raise TargetFailed("SERVICE_UNREACHABLE", "The connection broke.", retry=True) from None
            raise

    monkeypatch.setattr(ServiceClient, "post_many", cut)
    gateway = LoneGateway(tmp_path, service, identify)
    with pytest.raises(PrivacyRefused):
        gateway.forward.draw(gateway.remote_job(series))
    assert next(broken, None) is None, "the first answer got lost"
