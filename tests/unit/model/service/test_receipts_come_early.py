"""The receipt of the check is taken when it is due, not when the contours are there: drawing may take hours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model.errors import EvidenceRefused
from model.evidence.event import Event
from plugin.forward.http import ServiceClient
from plugin.privacy.clean import CleanSeries
from tests.builders.lone_gateway import LoneGateway
from tests.builders.service_process import ServiceProcess


def test_that_the_service_verified_is_recorded_before_the_contours_are_fetched(
    service: ServiceProcess, series: CleanSeries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = LoneGateway(tmp_path, service)
    remote = gateway.remote_job(series)
    plain = ServiceClient.content
    recorded: list[bool] = []

    def content(client: ServiceClient, path: str) -> bytes:
        recorded.append(remote.records.has(Event.REMOTE_VERIFIED))
        return plain(client, path)

    monkeypatch.setattr(ServiceClient, "content", content)
    gateway.forward.draw(remote)
    assert recorded == [True]
    own = [record.event for record in gateway.chain.records(remote.records.job.evidence_code)]
    assert own == [Event.SENT, Event.REMOTE_VERIFIED, Event.RESULT_RECEIVED, Event.REMOTE_DELETED]


def test_a_service_that_gives_no_receipt_of_its_check_is_not_waited_for(
    service: ServiceProcess, series: CleanSeries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = ServiceClient.json
    asked: list[str] = []

    def json(client: ServiceClient, method: str, path: str, body: Any = None, **more: Any) -> Any:
        asked.append(f"{method} {path.rpartition('/')[2]}")
        if path.endswith("/receipts"):
            return {"State": "running", "Receipts": []}
        return plain(client, method, path, body, **more)

    monkeypatch.setattr(ServiceClient, "json", json)
    gateway = LoneGateway(tmp_path, service)
    remote = gateway.remote_job(series)
    with pytest.raises(EvidenceRefused) as refused:
        gateway.forward.draw(remote)
    assert refused.value.code == "RECEIPT_MISSING"
    assert asked[-1] == "GET receipts"
    gateway.forward.release(remote)
    assert remote.records.has(Event.REMOTE_DELETED)
    assert service.left() == []
