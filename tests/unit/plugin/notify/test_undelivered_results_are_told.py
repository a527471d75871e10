"""Deliveries that did not arrive are told once, also when the channel took nothing at first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from plugin.deliver.delivery import SUPERSEDED, DeliveryState, Step
from plugin.notify.notifier import Notifier
from plugin.notify.outbox import Outbox
from plugin.notify.undelivered import UndeliveredTable
from plugin.settings.notify import WebhookChannel
from tests.builders.answering_server import AnsweringServer
from tests.builders.results import HOURS, Results


@pytest.fixture
def hook() -> Iterator[AnsweringServer]:
    server = AnsweringServer()
    yield server
    server.close()


def notifier_of(results: Results, folder: Path, hook: AnsweringServer, *on: str) -> Notifier:
    engine = sa.create_engine(f"sqlite:///{folder / 'jobs.sqlite'}")
    channel = WebhookChannel.model_validate({"Name": "desk", "Type": "webhook", "Url": hook.url, "On": list(on)})
    outbox = Outbox(engine, results.clock)
    outbox.know(["desk"])
    late = UndeliveredTable(engine, {"tps": 3600.0}, results.clock)
    return Notifier([channel], outbox, results.jobs, late, clock=results.clock, ticks=results.clock)


def test_a_late_delivery_is_told_once_and_only_when_it_is_late(tmp_path: Path, hook: AnsweringServer) -> None:
    results = Results(tmp_path)
    results.table.note(results.stored("a"), "tps", HOURS)
    notifier = notifier_of(results, tmp_path, hook, "undelivered")
    notifier.turn()
    assert hook.bodies == []
    results.clock.now += 3601
    notifier.turn()
    notifier.turn()
    assert len(hook.bodies) == 1


def test_a_channel_that_took_nothing_is_told_after_its_pause(tmp_path: Path, hook: AnsweringServer) -> None:
    results = Results(tmp_path)
    results.table.note(results.stored("a"), "tps", HOURS)
    results.clock.now += 3601
    notifier = notifier_of(results, tmp_path, hook, "undelivered")
    hook.status = 500
    notifier.turn()
    assert len(notifier.warnings()) == 1
    hook.status = 200
    notifier.turn()
    assert len(hook.bodies) == 1
    results.clock.now += 600
    notifier.turn()
    assert len(hook.bodies) == 2
    assert notifier.warnings() == []


def test_what_a_newer_result_replaced_is_no_news_and_nobody_hears_what_he_did_not_ask_for(
    tmp_path: Path, hook: AnsweringServer
) -> None:
    results = Results(tmp_path)
    replaced, late = results.stored("a"), results.stored("b")
    for job in (replaced, late):
        results.table.note(job, "tps", HOURS)
    ends = {"step": Step.CLOSED, "state": DeliveryState.REFUSED, "status": SUPERSEDED}
    assert results.table.change(results.of(replaced), **ends)
    results.clock.now += 3601
    notifier_of(results, tmp_path, hook, "failed").turn()
    assert hook.bodies == []
    notifier_of(results, tmp_path, hook, "undelivered").turn()
    (said,) = hook.bodies
    assert b'"Job": "b"' in said
