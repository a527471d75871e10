"""The evidence service does for the gateway what its routes and its clock ask, and keeps its alerts over a restart."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from model.errors import EvidenceRefused, TargetFailed
from model.evidence.chain import Chain
from model.evidence.code import printed
from model.evidence.event import Event
from model.evidence.files import month_files
from model.evidence.peer import Answer, Witness, countersign
from model.evidence.signing import SigningKey
from plugin.evidence.alerts import Kind
from plugin.evidence.closing import close_job, record_once
from plugin.evidence.service import EvidenceService
from plugin.evidence.subjects import Swept
from plugin.settings.evidence import EvidenceSection
from plugin.state.database import open_database
from tests.builders.evidence import LIFE, Clock, open_chain, record_job

SITE, SERVICE = SigningKey.new(), SigningKey.new()
START = datetime(2026, 11, 3, 1, tzinfo=UTC)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return open_chain(tmp_path / "chain", SITE, Clock(START))


def evidence_service(chain: Chain, folder: Path, section: dict[str, Any] | None = None, **more: Any) -> EvidenceService:
    engine = open_database(f"sqlite:///{folder / 'jobs.sqlite'}")
    evidence = EvidenceSection.model_validate(section or {})
    return EvidenceService(chain, engine, folder / "evidence", evidence, transfer_hours=24, host="host-1", **more)


def test_certificates_and_reports_are_issued_by_code_and_month(chain: Chain, tmp_path: Path) -> None:
    ours = evidence_service(chain, tmp_path)
    code = record_job(chain)
    written_by_hand = printed(code).lower().replace("0", "o")
    assert ours.certificate(written_by_hand)["document"]["body"]["EvidenceCode"] == printed(code)
    assert ours.certificate_pdf(code).startswith(b"%PDF")
    assert ours.report("2026-11")["document"]["body"]["Totals"]["Jobs"] == 1
    assert ours.report_pdf("2026-11").startswith(b"%PDF")
    assert ours.verify().valid


def test_the_head_is_anchored_once_a_day_at_its_hour(chain: Chain, tmp_path: Path) -> None:
    ours = evidence_service(chain, tmp_path, {"AnchorHour": 2})
    clock = Clock(datetime(2026, 11, 4, 1, tzinfo=UTC))
    assert ours.anchor_due(clock()), "yesterday's hour has passed and nothing was anchored"
    with open_chain(tmp_path / "other", SITE, clock) as own:
        theirs = evidence_service(own, tmp_path, {"AnchorHour": 2})
        theirs.anchor(clock())
        assert not theirs.anchor_due(clock())
        clock.now = datetime(2026, 11, 4, 2, 0, 1, tzinfo=UTC)
        assert theirs.anchor_due(clock())


class Service:
    """The other end as a witness: up or down, honest or with another chain."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.up = True
        self.asked = 0
        self.clock = START

    def hand(self, signed: dict[str, Any]) -> Answer:
        self.asked += 1
        if not self.up:
            raise TargetFailed("SERVICE_UNREACHABLE", "The target cloud cannot be reached.", retry=True)
        return countersign(signed, SITE.public, self.chain, self.clock)

    @property
    def witness(self) -> Witness:
        return Witness("cloud", SERVICE.public, self.hand)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(open_chain(tmp_path / "service", SERVICE))


def test_an_anchor_that_a_service_witnessed_ends_the_alert(chain: Chain, service: Service, tmp_path: Path) -> None:
    ours = evidence_service(chain, tmp_path, witnesses=[service.witness])
    late = START + timedelta(hours=31)
    assert [alert.kind for alert in ours.update_alerts(late)] == [Kind.ANCHOR_MISSING]
    assert ours.anchor(START).countersigned
    assert ours.update_alerts(START + timedelta(hours=1)) == ()
    assert ours.verify().remarks == ()


def test_a_service_that_is_down_is_asked_again_with_pauses_and_shown(
    chain: Chain, service: Service, tmp_path: Path
) -> None:
    ours = evidence_service(chain, tmp_path, witnesses=[service.witness])
    service.up = False
    now = START + timedelta(hours=2)
    assert not ours.anchor(now).countersigned
    records = chain.head().sequence
    for minute in range(60):
        ours.ask_witnesses(now + timedelta(minutes=minute))
    assert (service.asked, chain.head().sequence) == (6, records)
    (shown,) = ours.witnesses()
    assert (shown["Target"], shown["Countersigned"], shown["Reason"]) == ("cloud", None, "SERVICE_UNREACHABLE")
    service.up = True
    ours.ask_witnesses(now + timedelta(minutes=60))
    assert service.asked == 6, "it is not yet time to ask again"
    assert ours.end_pauses(now), "a transfer went through, so it is there"
    ours.ask_witnesses(now + timedelta(minutes=60))
    (shown,) = ours.witnesses()
    assert (shown["Countersigned"] is not None, shown["Reason"]) == (True, None)
    assert not ours.end_pauses(now), "today's head is held"
    asked = service.asked
    ours.ask_witnesses(now + timedelta(hours=2))
    assert service.asked == asked
    ours.ask_witnesses(now + timedelta(days=1))
    assert service.asked == asked + 1, "a new day's head is due"


def test_a_service_whose_chain_went_back_is_an_alert_until_it_answers_truly(
    chain: Chain, service: Service, tmp_path: Path
) -> None:
    for _ in range(2):
        record_job(service.chain)
    assert evidence_service(chain, tmp_path, witnesses=[service.witness]).anchor(START).countersigned
    true = service.chain
    service.chain = open_chain(tmp_path / "restored from an old copy", SERVICE)
    ours = evidence_service(chain, tmp_path, witnesses=[service.witness])
    day = timedelta(days=1)
    ours.anchor(START + day)
    assert [(one.kind, one.reason) for one in ours.update_alerts(START + day)] == [
        (Kind.COUNTERSIGNATURE_WRONG, "PEER_BACKWARDS")
    ]
    service.up = False
    ours.ask_witnesses(START + day + timedelta(hours=1))
    assert [one.kind for one in ours.update_alerts(START + day)] == [Kind.COUNTERSIGNATURE_WRONG], (
        "silence is no true answer"
    )
    again = evidence_service(chain, tmp_path, witnesses=[service.witness])
    assert [one.kind for one in again.update_alerts(START + day)] == [Kind.COUNTERSIGNATURE_WRONG], "nor is a restart"
    service.up, service.chain = True, true
    again.ask_witnesses(START + day)
    assert again.update_alerts(START + day) == ()


def test_a_service_that_holds_a_later_head_is_an_alert(chain: Chain, service: Service, tmp_path: Path) -> None:
    for _ in range(2):
        record_job(chain)
    assert evidence_service(chain, tmp_path, witnesses=[service.witness]).anchor(START).countersigned
    with open_chain(tmp_path / "cut", SITE, Clock(START)) as cut:
        ours = evidence_service(cut, tmp_path, witnesses=[service.witness])
        ours.anchor(START + timedelta(hours=1))
        assert [(one.kind, one.reason) for one in ours.update_alerts(START)] == [
            (Kind.ANCHOR_REFUSED, "ANCHOR_BACKWARDS")
        ]


def test_alerts_are_on_record_once_over_a_restart_and_cleared_when_it_is_over(chain: Chain, tmp_path: Path) -> None:
    code = record_job(chain, until=Event.SENT)
    late = START + timedelta(hours=2)
    assert [alert.kind for alert in evidence_service(chain, tmp_path).update_alerts(late)] == [Kind.RECEIPT_MISSING]
    restarted = evidence_service(chain, tmp_path)
    assert [alert.kind for alert in restarted.update_alerts(late)] == [Kind.RECEIPT_MISSING]
    for event, facts in LIFE[5:]:
        chain.append(event, code, facts)
    close_job(chain, code, "done", 1)
    assert restarted.update_alerts(late) == restarted.alerts == ()
    events = [record.event for record in chain.records(code)]
    assert (events.count(Event.ALERT_RAISED), events.count(Event.ALERT_CLEARED)) == (1, 1)


def test_a_broken_chain_stays_an_alert_until_a_verification_finds_it_whole(chain: Chain, tmp_path: Path) -> None:
    record_job(chain)
    path = month_files(chain.directory)[0]
    whole = path.read_bytes()
    ours = evidence_service(chain, tmp_path)
    path.write_bytes(whole.replace(b'"rule":2', b'"rule":3'))
    assert not ours.verify().valid
    assert [alert.kind for alert in ours.update_alerts(START)] == [Kind.CHAIN_BROKEN]
    again = evidence_service(chain, tmp_path)
    assert [alert.kind for alert in again.update_alerts(START)] == [Kind.CHAIN_BROKEN]
    path.write_bytes(path.read_bytes().replace(b'"rule":3', b'"rule":2'))
    assert again.verify().valid
    assert again.update_alerts(START) == ()


def test_a_silent_audit_repository_is_an_alert_and_no_error(chain: Chain, tmp_path: Path) -> None:
    ours = evidence_service(chain, tmp_path, {"Audit": {"Host": "127.0.0.1", "Port": 9}})
    assert ours.tell_audit() == 0
    assert [alert.kind for alert in ours.update_alerts(START)] == [Kind.AUDIT_UNREACHABLE]
    ours.close()
    assert evidence_service(chain, tmp_path).tell_audit() == 0, "without a repository there is nothing to tell"


def test_the_webhook_is_told_later_when_it_is_down(chain: Chain, tmp_path: Path) -> None:
    got: list[str] = []
    up = False

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if up:
                got.append(f"{content['Alert']} {content['State']}")
            self.send_response(204 if up else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        ours = evidence_service(chain, tmp_path, {"Webhook": {"Url": f"http://127.0.0.1:{server.server_address[1]}/"}})
        record_job(chain, until=Event.SENT)
        ours.update_alerts(START + timedelta(hours=2))
        up = True
        ours.update_alerts(START + timedelta(hours=2))
        server.shutdown()
    assert got == ["RECEIPT_MISSING raised"]


def test_a_patient_is_answered_erased_and_heard(chain: Chain, tmp_path: Path) -> None:
    ours = evidence_service(chain, tmp_path)
    ours.subjects.remember("MARKER-4711", "1.2.3", record_job(chain))
    assert len(ours.subject("MARKER-4711")["Jobs"]) == 1
    assert ours.erase_subject("MARKER-4711", lambda codes: Swept(1, 0, 0)).rows == 3
    ours.object_to("MARKER-4711")
    assert ours.subjects.has_objected("MARKER-4711")
    ours.withdraw_objection("MARKER-4711")
    assert not ours.subjects.has_objected("MARKER-4711")


def test_a_step_that_runs_again_is_recorded_once_until_it_failed(chain: Chain) -> None:
    code = record_job(chain, until=Event.DEIDENTIFIED)
    event, facts = LIFE[2]
    first = chain.records(code)[-1]
    assert record_once(chain, code, event, facts) == first
    assert record_once(chain, code, event, dict(facts) | {"instances": 119}).sequence > first.sequence
    chain.append(Event.FAILED, code, {"code": "ENGINE_MEMORY", "stage": "draw"})
    assert record_once(chain, code, event, dict(facts) | {"instances": 119}).sequence == chain.head().sequence


def test_a_retry_under_the_same_code_is_open_again_until_it_is_closed(chain: Chain, tmp_path: Path) -> None:
    code = record_job(chain)
    ours = evidence_service(chain, tmp_path)
    assert ours.certificate(code)["document"]["body"]["State"] == "closed"
    for event, facts in LIFE[:5]:
        chain.append(event, code, facts)
    body = ours.certificate(code)["document"]["body"]
    assert (body["State"], body["Missing"]) == ("open", ["LOCAL_DELETED", "KEY_DESTROYED", "REMOTE_DELETED"])
    assert [item["EvidenceCode"] for item in ours.report("2026-11")["document"]["body"]["OpenItems"]] == [printed(code)]


def issued(chain: Chain) -> int:
    return len(chain.records(event=Event.REPORT_ISSUED))


def test_a_report_that_says_the_same_is_issued_once(chain: Chain, tmp_path: Path) -> None:
    ours = evidence_service(chain, tmp_path)
    record_job(chain)
    first = ours.report("2026-11")
    assert ours.report("2026-11") == first
    assert ours.report_pdf("2026-11").startswith(b"%PDF")
    assert evidence_service(chain, tmp_path).report("2026-11") == first, "after a restart too"
    assert issued(chain) == 1
    record_job(chain)
    second = ours.report("2026-11")
    assert second["document"]["body"]["Totals"]["Jobs"] == 2
    assert (ours.report("2026-11"), issued(chain)) == (second, 2)


def test_a_report_that_somebody_changed_is_issued_anew(chain: Chain, tmp_path: Path) -> None:
    ours = evidence_service(chain, tmp_path)
    record_job(chain)
    ours.report("2026-11")
    kept = tmp_path / "evidence" / "reports" / "2026-11.json"
    kept.write_text(kept.read_text().replace('"Jobs": 1', '"Jobs": 7'))
    assert ours.report("2026-11")["document"]["body"]["Totals"]["Jobs"] == 1
    assert issued(chain) == 2


@pytest.mark.parametrize("month", ["2026-10", "2019-01", "2199-01"])
def test_of_a_month_before_the_installation_or_to_come_there_is_no_report(
    chain: Chain, tmp_path: Path, month: str
) -> None:
    ours = evidence_service(chain, tmp_path)
    record_job(chain)
    with pytest.raises(EvidenceRefused) as refused:
        ours.report(month)
    assert refused.value.code == "REPORT_UNKNOWN"
    assert issued(chain) == 0
