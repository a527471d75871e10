"""A webhook is told of each alert, also when it was down and the gateway was killed meanwhile."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model.evidence.event import Event
from model.evidence.signing import SigningKey
from plugin.evidence.alert_feed import post_until_taken
from plugin.evidence.alerts import Alert, Kind, post_alert
from plugin.evidence.closing import close_job
from plugin.evidence.service import EvidenceService
from plugin.settings.evidence import AlertHook, EvidenceSection
from plugin.state.database import open_database
from tests.builders.answering_server import AnsweringServer
from tests.builders.evidence import LIFE, Clock, digest, open_chain, record_job

START = datetime(2026, 11, 3, 8, tzinfo=UTC)
LATE = START + timedelta(hours=2)
RAISED, CLEARED = ("RECEIPT_MISSING", "raised"), ("RECEIPT_MISSING", "cleared")


class Webhook(AnsweringServer):
    """What a site listens at; it takes alerts, or it does not."""

    def go_down(self) -> None:
        self.status = 503
        self.bodies.clear()

    def come_back(self) -> None:
        self.status = 204
        self.bodies.clear()

    def told(self) -> list[tuple[str, str]]:
        documents = [json.loads(body) for body in self.bodies]
        return [(document["Alert"], document["State"]) for document in documents]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    server = Webhook(status=204, body=b"")
    yield server
    server.close()


class Site:
    """One life of a gateway's evidence in a folder: chain, database, and the section that names the webhook."""

    def __init__(self, folder: Path, url: str | None) -> None:
        key = SigningKey.load_or_create(folder / "signing.key")
        self.chain = open_chain(folder / "chain", key, Clock(START))
        section: dict[str, Any] = {} if url is None else {"Webhook": {"Url": url}}
        engine = open_database(f"sqlite:///{folder / 'jobs.sqlite'}")
        evidence = EvidenceSection.model_validate(section)
        self.service = EvidenceService(
            self.chain, engine, folder / "evidence", evidence, transfer_hours=24, host="host-1"
        )

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        self.chain.close()

    def look(self) -> None:
        self.service.update_alerts(LATE)

    def receive(self, code: str) -> None:
        """Have the receipt that was missing arrive, and the job end."""
        for event, facts in LIFE[5:]:
            self.chain.append(event, code, facts)
        close_job(self.chain, code, "done", 1)


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_when_posted(*arguments: Any, **options: Any) -> None:
    post_alert(*arguments, **options)
    die()


def life(folder: Path, url: str, post: Callable[..., None], *, over: bool) -> None:
    """In a process of its own: a receipt is missing, perhaps arrives, and the process is killed."""
    pytest.MonkeyPatch().setattr("plugin.evidence.alert_feed.post_alert", post)
    with Site(folder, url) as site:
        code = record_job(site.chain, until=Event.SENT)
        site.look()
        if over:
            site.receive(code)
            site.look()
        die()


def killed(folder: Path, webhook: Webhook, post: Callable[..., None] = post_alert, *, over: bool = False) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=life, args=(folder, webhook.url, post), kwargs={"over": over}
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def told_after_start(folder: Path, webhook: Webhook) -> list[tuple[str, str]]:
    webhook.come_back()
    with Site(folder, webhook.url) as site:
        site.look()
        site.look()
    return webhook.told()


@pytest.mark.parametrize(("over", "expected"), [(False, [RAISED]), (True, [RAISED, CLEARED])])
def test_what_the_webhook_did_not_take_before_a_kill_it_is_told_after_it(
    tmp_path: Path, webhook: Webhook, over: bool, expected: list[tuple[str, str]]
) -> None:
    webhook.go_down()
    killed(tmp_path, webhook, over=over)
    assert told_after_start(tmp_path, webhook) == expected
    assert told_after_start(tmp_path, webhook) == [], "once"


def test_an_alert_that_was_raised_just_before_a_kill_is_told_after_it(tmp_path: Path, webhook: Webhook) -> None:
    killed(tmp_path, webhook, die)
    assert webhook.told() == []
    assert told_after_start(tmp_path, webhook) == [RAISED]


def test_of_an_alert_that_was_taken_just_before_a_kill_the_webhook_hears_twice_and_no_more(
    tmp_path: Path, webhook: Webhook
) -> None:
    killed(tmp_path, webhook, die_when_posted)
    assert webhook.told() == [RAISED]
    assert told_after_start(tmp_path, webhook) == [RAISED]
    assert told_after_start(tmp_path, webhook) == []


def test_after_a_restart_an_alert_says_since_when_it_stands(tmp_path: Path, webhook: Webhook) -> None:
    webhook.go_down()
    with Site(tmp_path, webhook.url) as site:
        record_job(site.chain, until=Event.SENT)
        site.look()
        at_once = json.loads(webhook.bodies[-1])
    told_after_start(tmp_path, webhook)
    assert json.loads(webhook.bodies[-1]) == at_once


def test_while_the_webhook_takes_nothing_it_is_said_how_many_alerts_wait(tmp_path: Path, webhook: Webhook) -> None:
    webhook.go_down()
    with Site(tmp_path, webhook.url) as site:
        record_job(site.chain, until=Event.SENT)
        site.look()
        assert site.service.warnings() == ["The webhook of Evidence takes no alerts, 1 wait: is it up, at this Url?"]
        webhook.come_back()
        site.look()
        assert site.service.warnings() == []


def test_a_new_webhook_hears_of_what_stands_and_not_of_what_is_over(tmp_path: Path, webhook: Webhook) -> None:
    with Site(tmp_path, None) as site:
        code = record_job(site.chain, until=Event.SENT)
        site.look()
        site.receive(code)
        site.look()
        refused = record_job(site.chain, until=LIFE[0][0])
        site.chain.append(Event.REMOTE_REJECTED, refused, {"findings": {"FILE_META": 1}, "receipt": digest("r")})
        site.look()
        late = [record.event for record in site.chain.records() if record.event.value.startswith("ALERT")]
    assert late == [Event.ALERT_RAISED, Event.ALERT_CLEARED, Event.ALERT_RAISED]
    assert told_after_start(tmp_path, webhook) == [("REMOTE_REFUSAL", "raised")]


def test_a_webhook_that_was_taken_away_for_a_while_hears_of_what_stands(tmp_path: Path, webhook: Webhook) -> None:
    with Site(tmp_path, webhook.url) as site:
        code = record_job(site.chain, until=Event.SENT)
        site.look()
    with Site(tmp_path, None) as site:
        site.look()
        site.receive(code)
        site.look()
        record_job(site.chain, until=Event.SENT)
        site.look()
    assert told_after_start(tmp_path, webhook) == [RAISED]


def test_of_a_chain_that_was_begun_anew_the_webhook_hears_from_its_beginning(tmp_path: Path, webhook: Webhook) -> None:
    for number in range(2):
        with Site(tmp_path, webhook.url) as site:
            record_job(site.chain, until=Event.SENT)
            site.look()
            assert webhook.told() == [RAISED], f"chain {number}"
        (tmp_path / "chain").rename(tmp_path / f"aside-{number}")
        webhook.come_back()


def test_a_note_of_what_was_told_that_cannot_be_read_is_no_note(tmp_path: Path, webhook: Webhook) -> None:
    with Site(tmp_path, webhook.url) as site:
        record_job(site.chain, until=Event.SENT)
        site.look()
    (tmp_path / "evidence" / "webhook.position").write_text("{")
    assert told_after_start(tmp_path, webhook) == [RAISED]


def test_an_alert_that_cannot_be_on_record_is_posted_until_it_is_taken(webhook: Webhook) -> None:
    webhook.go_down()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            webhook.come_back()

    alert = Alert(Kind.CHAIN_BROKEN, "2026-11-03T08:00:00.000Z", reason="CHAIN_CUT")
    post_until_taken(AlertHook(Url=webhook.url), alert, "Hospital", pause)
    assert webhook.told() == [("CHAIN_BROKEN", "raised")]
    assert pauses == [20.0, 40.0, 80.0]
