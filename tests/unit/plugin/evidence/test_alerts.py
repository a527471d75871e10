"""Alerts stand while something is wrong, and go when it is right again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from model.evidence.anchor import anchor_head
from model.evidence.chain import Chain
from model.evidence.code import new_code, printed
from model.evidence.event import Event
from model.evidence.files import Head
from model.evidence.signing import SigningKey
from model.evidence.verification import verify
from plugin.evidence.alerts import SENTENCES, Alert, Expected, Kind, Limits, alerts_of, changes, post_alert, record_of
from plugin.settings.evidence import AlertHook
from tests.builders.evidence import LIFE, Clock, digest, open_chain, record_job, record_local_job

KEY = SigningKey.new()
START = datetime(2026, 11, 3, 8, tzinfo=UTC)
LIMITS = Limits(transfer=timedelta(hours=24), receipt=timedelta(hours=1))


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return open_chain(tmp_path, KEY, Clock(START))


def kinds(chain: Chain, after: timedelta) -> list[tuple[Kind, str | None]]:
    return [(alert.kind, alert.code) for alert in alerts_of(chain.records(), START + after, LIMITS)]


def test_nothing_is_wrong_with_closed_jobs_however_old(chain: Chain) -> None:
    record_job(chain)
    record_local_job(chain)
    assert kinds(chain, timedelta(days=365)) == []


@pytest.mark.parametrize(
    ("until", "after", "expected"),
    [
        (Event.SENT, timedelta(minutes=30), []),
        (Event.SENT, timedelta(hours=2), [Kind.RECEIPT_MISSING]),
        (Event.SENT, timedelta(hours=25), [Kind.TRANSFER_OVERDUE, Kind.RECEIPT_MISSING]),
        (Event.REMOTE_VERIFIED, timedelta(hours=2), []),
        (Event.RESULT_RECEIVED, timedelta(hours=2), [Kind.RECEIPT_MISSING]),
        (Event.REMOTE_DELETED, timedelta(hours=2), []),
        (Event.DEIDENTIFIED, timedelta(hours=25), [Kind.TRANSFER_OVERDUE]),
        (Event.RECEIVED, timedelta(days=30), []),
    ],
)
def test_a_late_transfer_and_a_late_receipt_raise_alerts(
    chain: Chain, until: Event, after: timedelta, expected: list[Kind]
) -> None:
    code = record_job(chain, until=until)
    assert kinds(chain, after) == [(kind, code) for kind in expected]


def test_a_refusal_by_the_other_side_is_shown_for_a_day(chain: Chain) -> None:
    code = new_code()
    chain.append(LIFE[0][0], code, LIFE[0][1])
    chain.append(Event.REMOTE_REJECTED, code, {"findings": {"FILE_META": 1}, "receipt": digest("r")})
    chain.append(Event.CLOSED, code, {"outcome": "rejected"})
    assert kinds(chain, timedelta(hours=2)) == [(Kind.REMOTE_REFUSAL, code)]
    assert kinds(chain, timedelta(hours=25)) == []


def test_a_broken_chain_and_a_silent_repository_raise_alerts(chain: Chain) -> None:
    record_job(chain)
    broken = verify(chain.directory, [KEY.public], [Head(99, "0" * 64)])
    found = alerts_of(
        chain.records(), START, LIMITS, verification=broken, audit_unreachable_since="2026-11-03T07:00:00.000Z"
    )
    assert [alert.kind for alert in found] == [Kind.AUDIT_UNREACHABLE, Kind.CHAIN_BROKEN]


WITNESSED = Expected(("00112233445566aa", "ffeeddccbbaa9988"))


def test_a_head_that_a_witness_does_not_hold_for_over_a_day_raises_an_alert(chain: Chain) -> None:
    def missing(after: timedelta, expected: Expected = WITNESSED) -> bool:
        found = alerts_of(chain.records(), START + after, LIMITS, expected=expected)
        return [alert.kind for alert in found] == [Kind.ANCHOR_MISSING]

    def held(key: str) -> None:
        chain.append(Event.PEER_HEAD, None, {"sequence": 9, "head": digest("h"), "key": key})

    assert not missing(timedelta(hours=29))
    assert missing(timedelta(hours=31))
    anchor_head(chain, time=START)
    assert missing(timedelta(hours=31)), "a head that only we hold is no witness"
    held(WITNESSED.witness_keys[0])
    assert missing(timedelta(hours=31)), "the other witness does not hold it"
    held(WITNESSED.witness_keys[1])
    assert not missing(timedelta(hours=29))
    assert missing(timedelta(hours=31), Expected(stamps=True))
    assert not missing(timedelta(hours=31), Expected())


def test_a_witness_that_was_configured_just_now_is_not_late(tmp_path: Path) -> None:
    clock = Clock(START)
    with open_chain(tmp_path / "own", KEY, clock) as chain:
        clock.now = START + timedelta(days=90)
        chain.append(Event.CONFIG_CHANGED, None, {"before": digest("b"), "after": digest("a")})
        records = chain.records()
    assert alerts_of(records, START + timedelta(days=91), LIMITS, expected=WITNESSED) == ()
    assert alerts_of(records, START + timedelta(days=92), LIMITS, expected=WITNESSED) != ()


def test_false_answers_of_witnesses_raise_alerts_with_their_reason(chain: Chain) -> None:
    answers = [("ANCHOR_BACKWARDS", "2026-11-03T07:00:00.000Z"), ("PEER_STALE", "2026-11-03T06:00:00.000Z")]
    found = alerts_of(chain.records(), START, LIMITS, false_answers=answers)
    assert [(alert.kind, alert.reason) for alert in found] == [
        (Kind.COUNTERSIGNATURE_WRONG, "PEER_STALE"),
        (Kind.ANCHOR_REFUSED, "ANCHOR_BACKWARDS"),
    ]
    for alert in found:
        assert chain.append(*record_of(alert)).facts["code"] == alert.reason


def test_an_alert_is_raised_once_and_cleared_once(chain: Chain) -> None:
    code = record_job(chain, until=Event.SENT)
    now = START + timedelta(hours=2)
    first = alerts_of(chain.records(), now, LIMITS)
    raised, cleared = changes((), first)
    assert ([alert.kind for alert in raised], cleared) == ([Kind.RECEIPT_MISSING], [])
    chain.append(*record_of(raised[0]))
    again = alerts_of(chain.records(), now + timedelta(minutes=5), LIMITS)
    assert changes(first, again) == ([], [])
    for event, facts in LIFE[5:]:
        chain.append(event, code, facts)
    chain.append(Event.CLOSED, code, {"outcome": "done"})
    raised, cleared = changes(again, alerts_of(chain.records(), now, LIMITS))
    assert (raised, [alert.kind for alert in cleared]) == ([], [Kind.RECEIPT_MISSING])
    chain.append(*record_of(cleared[0], cleared=True))
    assert [record.event for record in chain.records(code)][-1] is Event.ALERT_CLEARED


def test_every_kind_has_a_sentence_with_a_way_out() -> None:
    assert set(SENTENCES) == set(Kind)
    assert all(":" in sentence and sentence.endswith((".", "?")) for sentence in SENTENCES.values())


def test_the_webhook_gets_the_alert_as_json_with_the_sites_token(tmp_path: Path) -> None:
    got: list[tuple[str, dict[str, Any]]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["Authorization"], json.loads(content)))
            self.send_response(204 if len(got) == 1 else 500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    (tmp_path / "token").write_text("secret\n")
    alert = Alert(Kind.RECEIPT_MISSING, "2026-11-03T09:00:00.000Z", new_code())
    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        hook = AlertHook(Url=f"http://127.0.0.1:{server.server_address[1]}/", TokenFile=str(tmp_path / "token"))
        post_alert(hook, alert, "Hospital")
        with pytest.raises(OSError, match="500"):
            post_alert(hook, alert, "Hospital", cleared=True)
        server.shutdown()
    assert alert.code is not None
    assert got[0][0] == "Bearer secret"
    assert got[0][1] == {
        "Site": "Hospital",
        "State": "raised",
        "Alert": "RECEIPT_MISSING",
        "Since": alert.since,
        "EvidenceCode": printed(alert.code),
        "Reason": None,
        "Message": SENTENCES[Kind.RECEIPT_MISSING],
    }
    assert got[1][1]["State"] == "cleared"
