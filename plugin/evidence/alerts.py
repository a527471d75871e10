"""Alerts: what a person must look at, computed from the records, and told to health, metrics and a webhook."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from model.errors import TargetFailed
from model.evidence.code import printed
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.peer import BACKWARDS
from model.evidence.record import Record, stamp
from model.evidence.verification import Verification
from model.outbound.session import http_session, proxy_address
from plugin.evidence.closing import is_open, present_attempt
from plugin.settings.evidence import AlertHook


class Kind(StrEnum):
    """The kinds of alert; the words are those that records hold."""

    TRANSFER_OVERDUE = "TRANSFER_OVERDUE"
    RECEIPT_MISSING = "RECEIPT_MISSING"
    CHAIN_BROKEN = "CHAIN_BROKEN"
    MIRROR_DIFFERS = "MIRROR_DIFFERS"
    REMOTE_REFUSAL = "REMOTE_REFUSAL"
    ANCHOR_MISSING = "ANCHOR_MISSING"
    ANCHOR_REFUSED = "ANCHOR_REFUSED"
    COUNTERSIGNATURE_WRONG = "COUNTERSIGNATURE_WRONG"
    AUDIT_UNREACHABLE = "AUDIT_UNREACHABLE"


SENTENCES: dict[Kind, str] = {
    Kind.TRANSFER_OVERDUE: "A transfer is open for longer than its limit: its key must be destroyed and its job ended.",
    Kind.RECEIPT_MISSING: "A recipient has not sent a receipt that is due: ask its operator, then retry the job.",
    Kind.CHAIN_BROKEN: "The chain of evidence was changed: keep the folder as it is and call the auditor.",
    Kind.MIRROR_DIFFERS: (
        "In the group's database the copy of a gateway's chain was changed, lacks records, or is of another history: "
        "the verification of the evidence names it. Keep all as it is and call the auditor."
    ),
    Kind.REMOTE_REFUSAL: "A recipient refused a transfer as not pseudonymised: nothing was kept; look at its findings.",
    Kind.ANCHOR_MISSING: "The head of the chain was not anchored for over a day: is the other end reachable?",
    Kind.ANCHOR_REFUSED: (
        "A service holds a later head of this chain than it was handed: records were cut off here, or an old copy was "
        "restored. Keep the folder as it is and call the auditor."
    ),
    Kind.COUNTERSIGNATURE_WRONG: (
        "A witness answered the head of the chain falsely: with another key, over another head, from a chain that was "
        "cut, or without heads that it held before. Ask its operator, and tell the auditor."
    ),
    Kind.AUDIT_UNREACHABLE: "The audit repository takes no messages: they wait, and follow when it does.",
}

# A daily anchor may be late by an outage of some hours before somebody is called.
ANCHOR_LIMIT = timedelta(hours=30)
# A refusal is shown for this long, or until it is a day's old news.
REFUSAL_SHOWN = timedelta(hours=24)


@dataclass(frozen=True, slots=True, order=True)
class Alert:
    """One alert; ``code`` is the evidence code of its job, if it is about one, ``reason`` a code of what was found."""

    kind: Kind
    since: str
    code: str | None = None
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the alert as health and webhook tell it."""
        shown = None if self.code is None else printed(self.code)
        return {
            "Alert": self.kind.value,
            "Since": self.since,
            "EvidenceCode": shown,
            "Reason": self.reason,
            "Message": SENTENCES[self.kind],
        }


@dataclass(frozen=True, slots=True)
class Change:
    """An alert that was raised or cleared; ``sequence`` and ``digest`` are of the record that says so."""

    alert: Alert
    cleared: bool
    sequence: int
    digest: str


@dataclass(frozen=True, slots=True)
class Limits:
    """After how long something is late."""

    transfer: timedelta
    receipt: timedelta


@dataclass(frozen=True, slots=True)
class Expected:
    """Who is to hold the head: services by the identifiers of their keys, and a time stamp authority."""

    witness_keys: tuple[str, ...] = ()
    stamps: bool = False


NOBODY = Expected()


def alerts_of(
    records: Sequence[Record],
    now: datetime,
    limits: Limits,
    *,
    verification: Verification | None = None,
    expected: Expected = NOBODY,
    false_answers: Collection[tuple[str, str]] = (),
    silent_since: Collection[str] = (),
    audit_unreachable_since: str | None = None,
    differing: Collection[tuple[str, str]] = (),
) -> tuple[Alert, ...]:
    """Compute all alerts that stand at a time; the same records and time give the same alerts.

    ``false_answers`` are what witnesses of the head answered wrongly: a code, and since when; ``silent_since`` is when
    each witness that leaves no record in the chain got a head last. ``differing`` is what is wrong with chains' copies
    in a group's database: a code, and since when.
    """
    found: list[Alert] = []
    jobs: dict[str, list[Record]] = {}
    for record in records:
        if record.job is not None and record.event not in (Event.ALERT_RAISED, Event.ALERT_CLEARED):
            jobs.setdefault(record.job, []).append(record)
    for code, own in jobs.items():
        found += _of_job(code, own, now, limits)
    if verification is not None and verification.broken is not None and verification.broken.gateway is None:
        found.append(Alert(Kind.CHAIN_BROKEN, stamp(now)))
    found += _of_anchors(records, now, expected, silent_since)
    found += _of_answers(false_answers)
    if differing:
        reason, since = min(differing, key=lambda one: one[1])
        found.append(Alert(Kind.MIRROR_DIFFERS, since, reason=reason))
    if audit_unreachable_since is not None:
        found.append(Alert(Kind.AUDIT_UNREACHABLE, audit_unreachable_since))
    return tuple(sorted(found, key=lambda alert: (alert.since, alert.kind, alert.code or "")))


def _of_job(code: str, records: Sequence[Record], now: datetime, limits: Limits) -> list[Alert]:
    last = {record.event: record for record in records}
    found: list[Alert] = []
    refused = last.get(Event.REMOTE_REJECTED)
    if refused is not None and now - _time(refused) < REFUSAL_SHOWN:
        found.append(Alert(Kind.REMOTE_REFUSAL, refused.time, code))
    if not is_open(records):
        return found
    last = {record.event: record for record in present_attempt(records)}
    begun = last.get(Event.DEIDENTIFIED) or last.get(Event.SENT)
    if begun is not None and now - _time(begun) > limits.transfer:
        found.append(Alert(Kind.TRANSFER_OVERDUE, begun.time, code))
    due = _receipt_due(last)
    if due is not None and now - _time(due) > limits.receipt:
        found.append(Alert(Kind.RECEIPT_MISSING, due.time, code))
    return found


def _receipt_due(last: dict[Event, Record]) -> Record | None:
    """Find since when the service owes a receipt: of its check after sending, of its deletion after the result."""
    sent = last.get(Event.SENT)
    if sent is None or sent.facts["target_type"] != "service" or Event.REMOTE_DELETED in last:
        return None
    answered = last.get(Event.REMOTE_VERIFIED) or last.get(Event.REMOTE_REJECTED)
    if answered is None:
        return sent
    return last.get(Event.RESULT_RECEIVED) or last.get(Event.REMOTE_REJECTED)


def _of_anchors(
    records: Sequence[Record], now: datetime, expected: Expected, silent_since: Collection[str]
) -> list[Alert]:
    """One alert, since the longest silence of those that are to hold the head."""
    # Who was configured only now had no time to answer before.
    since = [record.time for record in records if record.event is Event.CONFIG_CHANGED][-1:]
    start = since or [record.time for record in records[:1]]
    silent = list(silent_since)
    for key in expected.witness_keys:
        held = [one.time for one in records if one.event is Event.PEER_HEAD and one.facts["key"] == key]
        silent += (held or start)[-1:]
    if expected.stamps:
        stamped = [one.time for one in records if one.event is Event.HEAD_ANCHORED and one.facts["stamped"]]
        silent += (stamped or start)[-1:]
    late = [time for time in silent if now - datetime.fromisoformat(time) > ANCHOR_LIMIT]
    return [Alert(Kind.ANCHOR_MISSING, min(late))] if late else []


def _of_answers(false_answers: Collection[tuple[str, str]]) -> list[Alert]:
    first: dict[Kind, Alert] = {}
    for code, since in sorted(false_answers, key=lambda answer: answer[1]):
        kind = Kind.ANCHOR_REFUSED if code == BACKWARDS else Kind.COUNTERSIGNATURE_WRONG
        first.setdefault(kind, Alert(kind, since, reason=code))
    return list(first.values())


def _time(record: Record) -> datetime:
    return datetime.fromisoformat(record.time)


def changes(before: Iterable[Alert], after: Iterable[Alert]) -> tuple[list[Alert], list[Alert]]:
    """Tell which alerts are new and which are gone; one of the same kind and job goes on, whatever its time."""
    old = {(alert.kind, alert.code): alert for alert in before}
    new = {(alert.kind, alert.code): alert for alert in after}
    raised = [alert for key, alert in new.items() if key not in old]
    cleared = [alert for key, alert in old.items() if key not in new]
    return raised, cleared


def record_of(alert: Alert, *, cleared: bool = False) -> tuple[Event, str | None, Facts]:
    """Give the arguments of ``Chain.append`` for an alert that was raised or cleared."""
    facts = {"alert": alert.kind.value}
    if alert.reason is not None and not cleared:
        facts["code"] = alert.reason
    return (Event.ALERT_CLEARED if cleared else Event.ALERT_RAISED, alert.code, facts)


def post_alert(hook: AlertHook, alert: Alert, site: str, *, cleared: bool = False, timeout: float = 10.0) -> None:
    """Post an alert as JSON to the site's webhook; raises OSError (which requests' errors are)."""
    headers = {}
    if hook.TokenFile is not None:
        try:
            headers["Authorization"] = f"Bearer {Path(hook.TokenFile).read_text(encoding='ascii').strip()}"
        except UnicodeDecodeError:
            raise OSError("the TokenFile of the webhook holds more than letters, digits and signs") from None
    document = {"Site": site, "State": "cleared" if cleared else "raised", **alert.to_json()}
    try:
        proxy = proxy_address(hook.Proxy, hook.ProxyCredentialsFile)
    except TargetFailed as error:
        raise OSError(error.message) from None
    with (
        http_session(ca_file=hook.CaFile, proxy=proxy) as session,
        # Its status is all that is wanted: a body might never end.
        session.post(hook.Url, json=document, headers=headers, timeout=timeout, stream=True) as answer,
    ):
        status = answer.status_code
    if status >= 300:  # a redirect, which is not followed, has taken nothing either
        raise OSError(f"the webhook answered with HTTP {status}")
