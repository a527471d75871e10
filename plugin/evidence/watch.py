"""Watches the chain for alerts: follows it record by record, so that looking costs nothing when nothing was added."""

from __future__ import annotations

from datetime import datetime, timedelta

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.files import Position, follow
from model.evidence.record import Record
from model.evidence.verification import Verification
from plugin.evidence.alerts import REFUSAL_SHOWN, Alert, Kind, Limits, alerts_of, changes, record_of
from plugin.evidence.closing import closing_record

# What the watch keeps of the records that belong to no job.
_SITE = (Event.CHAIN_STARTED, Event.HEAD_ANCHORED)


class Watch:
    """The alerts that stand now; ``look`` computes them anew and records what was raised and what was cleared.

    ``anchors_expected``: a service countersigns the daily head, or an authority stamps it.
    """

    def __init__(self, chain: Chain, limits: Limits, *, anchors_expected: bool = False) -> None:
        self._chain = chain
        self._limits = limits
        self._anchors_expected = anchors_expected
        self._position = Position()
        self._open: dict[str, list[Record]] = {}
        self._site: dict[Event, Record] = {}
        self._standing: tuple[Alert, ...] = ()
        self._recorded: dict[tuple[Kind, str | None], Alert] = {}

    @property
    def standing(self) -> tuple[Alert, ...]:
        """The alerts of the last look."""
        return self._standing

    def look(
        self, now: datetime, *, verification: Verification | None = None, audit_unreachable_since: str | None = None
    ) -> tuple[list[Alert], list[Alert]]:
        """Look at what was added; return, and record, the alerts that were raised and those that were cleared."""
        self._catch_up(now)
        records = sorted(
            [record for own in self._open.values() for record in own] + list(self._site.values()),
            key=lambda record: record.sequence,
        )
        found = alerts_of(
            records,
            now,
            self._limits,
            verification=verification,
            anchors_expected=self._anchors_expected,
            audit_unreachable_since=audit_unreachable_since,
        )
        before = tuple(self._recorded.values())
        if verification is None:  # nobody verified since the start: what was found broken before still stands
            found += tuple(alert for alert in before if alert.kind is Kind.CHAIN_BROKEN)
        raised, cleared = changes(before, found)
        self._standing = found
        for alert in raised:
            self._chain.append(*record_of(alert))
        for alert in cleared:
            self._chain.append(*record_of(alert, cleared=True))
        return raised, cleared

    def _catch_up(self, now: datetime) -> None:
        for record, position in follow(self._chain.directory, self._position):
            self._position = position
            if record.event in (Event.ALERT_RAISED, Event.ALERT_CLEARED):
                self._note(record)
            elif record.job is not None:
                self._open.setdefault(record.job, []).append(record)
                if closing_record(self._open[record.job]) is not None and not self._refused_lately(record.job, now):
                    del self._open[record.job]
            elif record.event in _SITE and _counts(record):
                self._site[record.event] = record
        for job in [job for job, own in self._open.items() if closing_record(own) is not None]:
            if not self._refused_lately(job, now):
                del self._open[job]

    def _note(self, record: Record) -> None:
        """Know which alerts are on record as standing, also from before a restart."""
        alert = Alert(Kind(str(record.facts["alert"])), record.time, record.job)
        if record.event is Event.ALERT_RAISED:
            self._recorded[alert.kind, alert.code] = alert
        else:
            self._recorded.pop((alert.kind, alert.code), None)

    def _refused_lately(self, job: str, now: datetime) -> bool:
        refusals = [record for record in self._open[job] if record.event is Event.REMOTE_REJECTED]
        return bool(refusals) and now - datetime.fromisoformat(refusals[-1].time) < REFUSAL_SHOWN + timedelta(hours=1)


def _counts(record: Record) -> bool:
    """Of the anchors, only those count that somebody else witnessed."""
    return record.event is not Event.HEAD_ANCHORED or bool(record.facts["countersigned"] or record.facts["stamped"])
