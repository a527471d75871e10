"""Watches the chain for alerts: follows it record by record, so that looking costs nothing when nothing was added."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.files import Position, follow
from model.evidence.record import Record
from model.evidence.verification import Verification
from plugin.evidence.alerts import (
    NOBODY,
    REFUSAL_SHOWN,
    Alert,
    Change,
    Expected,
    Kind,
    Limits,
    alerts_of,
    changes,
    record_of,
)
from plugin.evidence.closing import is_open

# What the watch keeps of the records that belong to no job.
_SITE = (Event.CHAIN_STARTED, Event.CONFIG_CHANGED, Event.HEAD_ANCHORED, Event.PEER_HEAD)
# What only the process knows that found it; after a restart it stands until somebody has looked again.
_FOUND = (Kind.ANCHOR_REFUSED, Kind.COUNTERSIGNATURE_WRONG)


class Watch:
    """The alerts that stand now; ``look`` computes them anew and records what was raised and what was cleared."""

    def __init__(self, chain: Chain, limits: Limits, expected: Expected = NOBODY) -> None:
        self._chain = chain
        self._limits = limits
        self._expected = expected
        self._position = Position()
        self._open: dict[str, list[Record]] = {}
        self._site: dict[tuple[Event, str], Record] = {}
        self._standing: tuple[Alert, ...] = ()
        self._recorded: dict[tuple[Kind, str | None], Alert] = {}
        self._news: list[Change] = []

    @property
    def standing(self) -> tuple[Alert, ...]:
        """The alerts of the last look."""
        return self._standing

    def update(
        self,
        now: datetime,
        *,
        verification: Verification | None = None,
        false_answers: Collection[tuple[str, str]] | None = (),
        silent_since: Collection[str] = (),
        audit_unreachable_since: str | None = None,
        differing: Collection[tuple[str, str]] = (),
    ) -> list[Change]:
        """Look at what was added, and record the alerts that were raised and those that were cleared.

        Returns what is on record of alerts since the last look, at the first look all that the chain holds of them.
        None as ``verification`` or ``false_answers``: nobody looked since the start.
        """
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
            expected=self._expected,
            false_answers=false_answers or (),
            silent_since=silent_since,
            audit_unreachable_since=audit_unreachable_since,
            differing=differing,
        )
        before = tuple(self._recorded.values())
        if verification is None:  # nobody verified since the start: what was found broken before still stands
            stood = {Kind.CHAIN_BROKEN} | (set() if differing else {Kind.MIRROR_DIFFERS})
            found += tuple(alert for alert in before if alert.kind in stood)
        if false_answers is None:
            found += tuple(alert for alert in before if alert.kind in _FOUND)
        raised, cleared = changes(before, found)
        self._standing = found
        for alert in raised:
            self._chain.append(*record_of(alert))
        for alert in cleared:
            self._chain.append(*record_of(alert, cleared=True))
        if raised or cleared:
            self._catch_up(now)
        news, self._news = self._news, []
        return _as_found(news, found)

    def _catch_up(self, now: datetime) -> None:
        for record, position in follow(self._chain.directory, self._position):
            self._position = position
            if record.event in (Event.ALERT_RAISED, Event.ALERT_CLEARED):
                self._note(record)
            elif record.job is not None:
                self._open.setdefault(record.job, []).append(record)
                if not is_open(self._open[record.job]) and not self._refused_lately(record.job, now):
                    del self._open[record.job]
            elif record.event in _SITE and _counts(record):
                self._site[record.event, str(record.facts.get("key", ""))] = record
        for job in [job for job, own in self._open.items() if not is_open(own)]:
            if not self._refused_lately(job, now):
                del self._open[job]

    def _note(self, record: Record) -> None:
        """Know which alerts are on record as standing, also from before a restart."""
        reason = record.facts.get("code")
        alert = Alert(
            Kind(str(record.facts["alert"])), record.time, record.job, None if reason is None else str(reason)
        )
        key = alert.kind, alert.code
        cleared = record.event is Event.ALERT_CLEARED
        if cleared:
            alert = self._recorded.pop(key, alert)
        else:
            self._recorded[key] = alert
        self._news.append(Change(alert, cleared, record.sequence, record.digest))

    def _refused_lately(self, job: str, now: datetime) -> bool:
        refusals = [record for record in self._open[job] if record.event is Event.REMOTE_REJECTED]
        return bool(refusals) and now - datetime.fromisoformat(refusals[-1].time) < REFUSAL_SHOWN + timedelta(hours=1)


def _as_found(news: Iterable[Change], found: Iterable[Alert]) -> list[Change]:
    """Give those that stand as they were found: since when they do is not on record."""
    standing = {(alert.kind, alert.code): alert for alert in found}
    told: list[Change] = []
    for change in reversed(list(news)):
        key = change.alert.kind, change.alert.code
        told.append(change if change.cleared else replace(change, alert=standing.pop(key, change.alert)))
    return told[::-1]


def _counts(record: Record) -> bool:
    """Of the anchors, only the time stamped count here; PEER_HEAD records tell of the others."""
    return record.event is not Event.HEAD_ANCHORED or bool(record.facts["stamped"])
