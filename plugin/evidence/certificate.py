"""The certificate of one job: what was sent, how it was checked, and that it is gone; there and here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model.evidence.code import printed
from model.evidence.errors import EvidenceRefused
from model.evidence.event import Event
from model.evidence.files import Head
from model.evidence.record import Record
from plugin.evidence.closing import missing_before_close
from plugin.evidence.wording import deletion_sentences, statements

FORMAT = 1


def certificate(records: Sequence[Record], head: Head | None = None) -> dict[str, Any]:
    """Make the JSON certificate of one job from its records, in the order of the chain.

    ``head`` is the chain's head when the certificate is issued. The certificate holds the records themselves with
    their signatures, so that each can be verified by itself. Raises EvidenceRefused with EVIDENCE_UNKNOWN when there
    are no records, or they are of several jobs.
    """
    if not records or len({record.job for record in records}) != 1 or records[0].job is None:
        raise EvidenceRefused("EVIDENCE_UNKNOWN", "There is no job with this evidence code.")
    last = {record.event: record for record in records}
    missing = missing_before_close(records)
    closed = last.get(Event.CLOSED)
    return {
        "Certificate": FORMAT,
        "EvidenceCode": printed(records[0].job),
        "State": "closed" if closed else "open",
        "Outcome": closed.facts["outcome"] if closed else None,
        "Received": _facts(last, Event.RECEIVED),
        "Decision": _facts(last, Event.MATCHED) or _facts(last, Event.EXCLUDED),
        "Pseudonymisation": _facts(last, Event.DEIDENTIFIED),
        "Checks": _facts(last, Event.SELF_CHECKED),
        "Sent": _facts(last, Event.SENT),
        "Receipts": [
            {"Event": record.event.value, "Time": record.time, **_camel(record)}
            for record in records
            if "receipt" in record.facts
        ],
        "Result": _facts(last, Event.RESULT_RECEIVED),
        "Restored": _facts(last, Event.REIDENTIFIED),
        "Stored": _facts(last, Event.STORED),
        "Failure": _facts(last, Event.FAILED),
        "Deletions": deletion_sentences(records),
        "KeyDestroyed": _facts(last, Event.KEY_DESTROYED),
        "Missing": [event.value for event in missing],
        "Statements": statements(records),
        "Times": [{"Event": record.event.value, "Time": record.time, "Record": record.sequence} for record in records],
        "ChainHead": None if head is None else {"Sequence": head.sequence, "Digest": head.digest},
        "Records": [record.document() for record in records],
    }


def _facts(last: dict[Event, Record], event: Event) -> dict[str, Any] | None:
    record = last.get(event)
    return None if record is None else {"Time": record.time, **_camel(record)}


def _camel(record: Record) -> dict[str, Any]:
    return {"".join(part.capitalize() for part in name.split("_")): value for name, value in record.facts.items()}
