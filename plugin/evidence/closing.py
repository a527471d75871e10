"""When a job may be closed: what left is gone there, what was made is gone here, and the key is gone."""

from __future__ import annotations

from collections.abc import Sequence

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.record import Record

# What neither opens an attempt nor keeps one open.
_ASIDE = (Event.ALERT_RAISED, Event.ALERT_CLEARED, Event.DELIVERED, Event.ASSESSED)


def present_attempt(records: Sequence[Record]) -> list[Record]:
    """Return the records since the job was closed, handed over or taken over last; of its only attempt so far, all.

    ``records`` are those of one chain: what a gateway that was taken over wrote is not the taker's to end.
    """
    own = [record for record in records if record.event not in _ASIDE]
    starts = [place + (record.event is not Event.TAKEN_OVER) for place, record in enumerate(own) if _parts(record)]
    return own[starts[-1] :] if starts else own


def closing_record(records: Sequence[Record]) -> Record | None:
    """Return the record that closed the job, or None while an attempt is open."""
    own = [record for record in records if record.event not in _ASIDE]
    return own[-1] if own and own[-1].event is Event.CLOSED else None


def is_open(records: Sequence[Record]) -> bool:
    """Whether the gateway of this chain still has something to do for the job: it was not closed or handed over."""
    own = [record for record in records if record.event not in _ASIDE]
    return not own or own[-1].event not in (Event.CLOSED, Event.HANDED_OVER)


def missing_before_close(records: Sequence[Record]) -> tuple[Event, ...]:
    """Name the events that a job's present attempt still lacks before it may be closed; empty when it may.

    Once a pseudonymised copy was begun, its files must be gone (LOCAL_DELETED with nothing left) and its key
    destroyed; once anything was sent away, it must be deleted there (REMOTE_DELETED).
    """
    by_event = {record.event: record for record in present_attempt(records)}
    missing: list[Event] = []
    begun = by_event.keys() & {Event.DEIDENTIFIED, Event.SELF_CHECKED, Event.SENT}
    if begun:
        deleted = by_event.get(Event.LOCAL_DELETED)
        if deleted is None or deleted.facts["left"] != 0 or deleted.facts["orthanc_copies"] != 0:
            missing.append(Event.LOCAL_DELETED)
        if Event.KEY_DESTROYED not in by_event:
            missing.append(Event.KEY_DESTROYED)
    sent = by_event.get(Event.SENT)
    if sent is not None and sent.facts["target_type"] != "local" and Event.REMOTE_DELETED not in by_event:
        missing.append(Event.REMOTE_DELETED)
    return tuple(missing)


def _parts(record: Record) -> bool:
    return record.event in (Event.CLOSED, Event.HANDED_OVER, Event.TAKEN_OVER)


def close_job(chain: Chain, job: str, outcome: str, duration_ms: int) -> Record:
    """Record CLOSED; ``outcome`` is the job's final state.

    Raises EvidenceRefused with EVIDENCE_OPEN, naming what is missing, when a deletion or the key's destruction is
    not on record, or the job is closed already.
    """
    records = chain.records(job)
    if closing_record(records) is not None:
        raise EvidenceRefused("EVIDENCE_OPEN", "The job is closed already.")
    missing = missing_before_close(records)
    if missing:
        names = ", ".join(missing)
        raise EvidenceRefused("EVIDENCE_OPEN", f"The job cannot be closed yet: its records lack {names}.")
    return chain.append(Event.CLOSED, job, {"outcome": outcome, "duration_ms": duration_ms})


def record_once(chain: Chain, job: str, event: Event, facts: Facts) -> Record:
    """Record an event unless the job's present attempt has it already with the same facts; return its record.

    For steps that run again after a crash: what they did before it stands in the chain already. After FAILED, steps
    count anew.
    """
    for record in reversed(present_attempt(chain.records(job))):
        if record.event is event and dict(record.facts) == dict(facts):
            return record
        if record.event is event or record.event is Event.FAILED:
            break
    return chain.append(event, job, facts)
