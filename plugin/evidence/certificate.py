"""The certificate of one job: what was sent, how it was checked, and that it is gone; there and here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.code import printed
from model.evidence.event import Event
from model.evidence.files import Head
from model.evidence.record import Record, stamp
from model.evidence.signed import DocumentKind
from plugin.evidence.closing import closing_record, missing_before_close
from plugin.evidence.parts import Part, missing_in, records_in_order
from plugin.evidence.wording import deletion_sentences, statements
from plugin.settings.evidence import Recipient

FORMAT = 1

VERSIONS = {
    "software_version": "orthanc-autocontour",
    "orthanc_version": "Orthanc",
    "dicom_version": "profile base",
    "model_version": "model",
    "engine_version": "engine",
}


def issue_certificate(
    chain: Chain,
    job: str,
    recipients: Mapping[str, Recipient] | None = None,
    time: datetime | None = None,
    parts: Sequence[Part] = (),
) -> dict[str, Any]:
    """Make and sign the certificate of a job now; ``signed["document"]["body"]`` is the certificate itself.

    ``job`` is an evidence code as stored; ``parts`` are what the gateways of a group recorded of it. Raises
    EvidenceRefused with EVIDENCE_UNKNOWN when no record names it.
    """
    issued = stamp(time or datetime.now(UTC))
    records = records_in_order(parts) if parts else chain.records(job)
    body = certificate(records, chain.head(), recipients, issued, parts)
    return chain.sign(DocumentKind.CERTIFICATE, body)


def certificate(
    records: Sequence[Record],
    head: Head | None = None,
    recipients: Mapping[str, Recipient] | None = None,
    issued: str | None = None,
    parts: Sequence[Part] = (),
) -> dict[str, Any]:
    """Make the JSON certificate of one job from its records, in the order of the chain.

    ``head`` is the chain's head and ``issued`` the time when the certificate is issued; ``recipients`` says who
    stands behind a target, from the configuration; ``parts`` are the same records by gateway, in a group. The
    certificate holds the records themselves with their signatures, so that each can be verified by itself. Raises
    EvidenceRefused with EVIDENCE_UNKNOWN when there are no records, or they are of several jobs.
    """
    if not records or len({record.job for record in records}) != 1 or records[0].job is None:
        raise EvidenceRefused("EVIDENCE_UNKNOWN", "There is no job with this evidence code.")
    last = {record.event: record for record in records}
    missing = missing_in(parts) if parts else missing_before_close(records)
    closed = closing_record(records)
    # Of a job that was taken over, what the gateway before still has is not gone.
    whole = closed is not None and (not parts or not missing)
    gateways = {record.digest: part.gateway for part in parts for record in part.records}
    return {
        "Certificate": FORMAT,
        "Issued": issued,
        "EvidenceCode": printed(records[0].job),
        "State": "closed" if whole else "open",
        "Outcome": closed.facts["outcome"] if closed else None,
        "Received": _facts(last, Event.RECEIVED),
        "Decision": _facts(last, Event.MATCHED) or _facts(last, Event.EXCLUDED),
        "Pseudonymisation": _facts(last, Event.DEIDENTIFIED),
        "Checks": _facts(last, Event.SELF_CHECKED),
        "Sent": _facts(last, Event.SENT),
        "Recipient": _recipient(last, recipients or {}),
        "Receipts": [
            {"Event": record.event.value, "Time": record.time, **_camel(record)}
            for record in records
            if "receipt" in record.facts
        ],
        "Result": _facts(last, Event.RESULT_RECEIVED),
        "Restored": _facts(last, Event.REIDENTIFIED),
        "Stored": _facts(last, Event.STORED),
        "Delivered": [{"Time": record.time, **_camel(record)} for record in records if record.event is Event.DELIVERED],
        "Assessed": [{"Time": record.time, **_camel(record)} for record in records if record.event is Event.ASSESSED],
        "Failure": _facts(last, Event.FAILED),
        "Deletions": deletion_sentences(records),
        "KeyDestroyed": _facts(last, Event.KEY_DESTROYED),
        "Missing": [event.value for event in missing],
        "Versions": _versions(records),
        "Statements": statements(records),
        "Times": [
            {"Event": record.event.value, "Time": record.time, "Record": record.sequence}
            | ({"Gateway": gateways[record.digest]} if parts else {})
            for record in records
        ],
        "Gateways": [_part(part) for part in parts],
        "ChainHead": None if head is None else {"Sequence": head.sequence, "Digest": head.digest},
        "Records": [record.document() for record in records],
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "Gateway": part.gateway,
        "FirstRecord": part.records[0].sequence,
        "LastRecord": part.records[-1].sequence,
        "Began": part.records[0].time,
        "Ended": part.records[-1].time,
        "Keys": sorted({record.key for record in part.records}),
        "Missing": [event.value for event in part.missing],
    }


def _facts(last: dict[Event, Record], event: Event) -> dict[str, Any] | None:
    record = last.get(event)
    return None if record is None else {"Time": record.time, **_camel(record)}


def _recipient(last: Mapping[Event, Record], recipients: Mapping[str, Recipient]) -> dict[str, Any] | None:
    sent = last.get(Event.SENT)
    recipient = recipients.get(str(sent.facts["target"])) if sent is not None else None
    return None if recipient is None else recipient.model_dump()


def _versions(records: Sequence[Record]) -> dict[str, Any]:
    """Collect the versions that a job's records state: the last word on each counts."""
    found = {
        name: record.facts[fact]
        for record in records
        for fact, name in VERSIONS.items()
        if record.facts.get(fact, "0") != "0"
    }
    return dict(sorted(found.items()))


def _camel(record: Record) -> dict[str, Any]:
    return {"".join(part.capitalize() for part in name.split("_")): value for name, value in record.facts.items()}
