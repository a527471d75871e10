"""Alerts: what a person must look at, computed from the records, and told to health, metrics and a webhook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import requests

from model.evidence.code import printed
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.record import Record, stamp
from model.evidence.verification import Verification
from plugin.evidence.closing import closing_record, present_attempt
from plugin.evidence.settings import AlertHook


class Kind(StrEnum):
    """The kinds of alert; the words are those that records hold."""

    TRANSFER_OVERDUE = "TRANSFER_OVERDUE"
    RECEIPT_MISSING = "RECEIPT_MISSING"
    CHAIN_BROKEN = "CHAIN_BROKEN"
    REMOTE_REFUSAL = "REMOTE_REFUSAL"
    ANCHOR_MISSING = "ANCHOR_MISSING"
    AUDIT_UNREACHABLE = "AUDIT_UNREACHABLE"


SENTENCES: dict[Kind, str] = {
    Kind.TRANSFER_OVERDUE: "A transfer is open for longer than its limit: its key must be destroyed and its job ended.",
    Kind.RECEIPT_MISSING: "A recipient has not sent a receipt that is due: ask its operator, then retry the job.",
    Kind.CHAIN_BROKEN: "The chain of evidence was changed: keep the folder as it is and call the auditor.",
    Kind.REMOTE_REFUSAL: "A recipient refused a transfer as not pseudonymised: nothing was kept; look at its findings.",
    Kind.ANCHOR_MISSING: "The head of the chain was not anchored for over a day: is the other end reachable?",
    Kind.AUDIT_UNREACHABLE: "The audit repository takes no messages: they wait, and follow when it does.",
}

# A daily anchor may be late by an outage of some hours before somebody is called.
ANCHOR_LIMIT = timedelta(hours=30)
# A refusal is shown for this long, or until it is a day's old news.
REFUSAL_SHOWN = timedelta(hours=24)


@dataclass(frozen=True, slots=True, order=True)
class Alert:
    """One alert; ``code`` is the evidence code of its job, where it is about one."""

    kind: Kind
    since: str
    code: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the alert as health and webhook tell it."""
        shown = None if self.code is None else printed(self.code)
        return {"Alert": self.kind.value, "Since": self.since, "EvidenceCode": shown, "Message": SENTENCES[self.kind]}


@dataclass(frozen=True, slots=True)
class Limits:
    """After how long something is late."""

    transfer: timedelta
    receipt: timedelta


def alerts_of(
    records: Sequence[Record],
    now: datetime,
    limits: Limits,
    *,
    verification: Verification | None = None,
    anchors_expected: bool = False,
    audit_unreachable_since: str | None = None,
) -> tuple[Alert, ...]:
    """Compute all alerts that stand at a time; the same records and time give the same alerts.

    ``anchors_expected`` is true where a service countersigns or an authority stamps.
    """
    found: list[Alert] = []
    jobs: dict[str, list[Record]] = {}
    for record in records:
        if record.job is not None and record.event not in (Event.ALERT_RAISED, Event.ALERT_CLEARED):
            jobs.setdefault(record.job, []).append(record)
    for code, own in jobs.items():
        found += _of_job(code, own, now, limits)
    if verification is not None and not verification.valid:
        found.append(Alert(Kind.CHAIN_BROKEN, stamp(now)))
    if anchors_expected:
        found += _of_anchors(records, now)
    if audit_unreachable_since is not None:
        found.append(Alert(Kind.AUDIT_UNREACHABLE, audit_unreachable_since))
    return tuple(sorted(found, key=lambda alert: (alert.since, alert.kind, alert.code or "")))


def _of_job(code: str, records: Sequence[Record], now: datetime, limits: Limits) -> list[Alert]:
    last = {record.event: record for record in records}
    found: list[Alert] = []
    refused = last.get(Event.REMOTE_REJECTED)
    if refused is not None and now - _time(refused) < REFUSAL_SHOWN:
        found.append(Alert(Kind.REMOTE_REFUSAL, refused.time, code))
    if closing_record(records) is not None:
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


def _of_anchors(records: Sequence[Record], now: datetime) -> list[Alert]:
    good = [
        record
        for record in records
        if record.event is Event.HEAD_ANCHORED and (record.facts["countersigned"] or record.facts["stamped"])
    ]
    start = good[-1] if good else (records[0] if records else None)
    if start is None or now - _time(start) <= ANCHOR_LIMIT:
        return []
    return [Alert(Kind.ANCHOR_MISSING, start.time)]


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
    return (Event.ALERT_CLEARED if cleared else Event.ALERT_RAISED, alert.code, {"alert": alert.kind.value})


def post_alert(hook: AlertHook, alert: Alert, site: str, *, cleared: bool = False, timeout: float = 10.0) -> None:
    """Post an alert as JSON to the site's webhook; raises OSError (which requests' errors are)."""
    headers = {}
    if hook.TokenFile is not None:
        headers["Authorization"] = f"Bearer {Path(hook.TokenFile).read_text(encoding='ascii').strip()}"
    document = {"Site": site, "State": "cleared" if cleared else "raised", **alert.to_json()}
    answer = requests.post(hook.Url, json=document, headers=headers, timeout=timeout, verify=hook.CaFile or True)
    answer.raise_for_status()
