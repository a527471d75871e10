"""An alert of quality is told to each channel that wants it, once, also when the channel took nothing at first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.jobs.store import JobStore
from plugin.notify.alerts import AlertTable
from plugin.notify.notifier import Notifier
from plugin.notify.outbox import Outbox
from plugin.quality.alerts.standing import QualityAlert, QualityKind
from plugin.quality.charts.change import Direction
from plugin.settings.notify import WebhookChannel
from tests.builders.answering_server import AnsweringServer
from tests.builders.either_database import tables_in

pytestmark = pytest.mark.usefixtures("either_database")

ALERT = QualityAlert(
    QualityKind.QUALITY_SHIFT, 1.7e9, "1" * 32, "thorax", "a" * 64, "local", ("Heart",), Direction.MORE
)


@pytest.fixture
def hook() -> Iterator[AnsweringServer]:
    server = AnsweringServer()
    yield server
    server.close()


def _notifier(folder: Path, hook: AnsweringServer, on: str, ticks: list[float]) -> Notifier:
    engine = tables_in(folder)
    channel = WebhookChannel.model_validate({"Name": "desk", "Type": "webhook", "Url": hook.url, "On": [on]})
    table = AlertTable(engine, lambda: [ALERT.to_json()])
    return Notifier([channel], Outbox(engine), JobStore(engine), None, table, ticks=lambda: ticks[0])


def test_an_alert_is_told_once_with_its_words_and_numbers(tmp_path: Path, hook: AnsweringServer) -> None:
    notifier = _notifier(tmp_path, hook, "quality", [0.0])
    notifier.turn()
    notifier.turn()
    told = [json.loads(body) for body in hook.bodies]
    assert [(one["Outcome"], one["Code"], one["Structures"]) for one in told] == [
        ("quality", "QUALITY_SHIFT", ["Heart"])
    ]
    assert told[0]["Direction"] == "more"


def test_a_channel_that_does_not_want_it_is_not_told(tmp_path: Path, hook: AnsweringServer) -> None:
    _notifier(tmp_path, hook, "failed", [0.0]).turn()
    assert hook.bodies == []


def test_a_channel_that_took_nothing_is_told_after_its_pause(tmp_path: Path, hook: AnsweringServer) -> None:
    ticks = [0.0]
    notifier = _notifier(tmp_path, hook, "quality", ticks)
    hook.status = 500
    notifier.turn()
    refused = len(hook.bodies)
    hook.status = 200
    notifier.turn()
    assert len(hook.bodies) == refused
    ticks[0] = 600.0
    notifier.turn()
    notifier.turn()
    assert len(hook.bodies) == refused + 1
