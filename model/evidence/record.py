"""One record of the chain: made, written as one line, read back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from model.evidence.canonical_json import canonical, canonical_unchecked
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.signing import SigningKey

FORMAT = 1
_HEAD_FORM, _TAIL_FORM = b'{"record":', b',"sha256":"","signature":""}'
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
START = "0" * 64  # what the first record names as the one before it


@dataclass(frozen=True, slots=True)
class Record:
    """One signed record.

    ``digest`` is the SHA-256 of the record's canonical JSON, ``previous`` that of the record before, ``key`` names
    the public key that verifies ``signature`` (hexadecimal) over the same bytes.
    """

    sequence: int
    time: str
    event: Event
    job: str | None
    facts: Facts
    previous: str
    key: str
    digest: str
    signature: str

    def body(self) -> bytes:
        """Give the bytes that were hashed and signed."""
        return canonical_unchecked(
            {
                "event": self.event.value,
                "facts": dict(self.facts),
                "format": FORMAT,
                "job": self.job,
                "key": self.key,
                "previous": self.previous,
                "sequence": self.sequence,
                "time": self.time,
            }
        )

    def line(self) -> bytes:
        """Give the record as it stands in the file, without the end of line."""
        return _line(self.body(), self.digest, self.signature)

    def document(self) -> dict[str, Any]:
        """Give the record as JSON, for certificates and reports."""
        document: dict[str, Any] = json.loads(self.line())
        return document


def make_record(
    sequence: int, time: datetime, event: Event, job: str | None, facts: Facts, previous: str, key: SigningKey
) -> Record:
    """Hash and sign a new record; the facts must have been checked."""
    written = stamp(time)
    body = canonical(
        {
            "event": event.value,
            "facts": {name: dict(value) if isinstance(value, Mapping) else value for name, value in facts.items()},
            "format": FORMAT,
            "job": job,
            "key": key.public.id,
            "previous": previous,
            "sequence": sequence,
            "time": written,
        }
    )
    digest = hashlib.sha256(body).hexdigest()
    # Read back from the bytes, so that what is returned is what was signed and cannot be changed from outside.
    kept = json.loads(body)["facts"]
    return Record(sequence, written, event, job, kept, previous, key.public.id, digest, key.sign(body).hex())


def parse_line(line: bytes) -> Record | None:
    """Read a line; None when it is not, byte for byte, a record as this format writes it.

    Says nothing about truth: the digest, the signature and the place in the chain are still to be verified.
    """
    try:
        document = json.loads(line)
        body = document["record"]
        record = Record(
            body["sequence"],
            body["time"],
            Event(body["event"]),
            body["job"],
            body["facts"],
            body["previous"],
            body["key"],
            document["sha256"],
            document["signature"],
        )
        same = body["format"] == FORMAT and record.line() == line
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return record if same and _typed(record) else None


def stamp(time: datetime) -> str:
    """Write a time as ISO 8601 UTC with milliseconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def body_of(line: bytes, record: Record) -> bytes:
    """Cut what was hashed and signed out of a line that ``parse_line`` accepted: ``Record.body`` at less cost."""
    tail = len(_TAIL_FORM) + len(record.digest) + len(record.signature)
    return line[len(_HEAD_FORM) : len(line) - tail]


def is_stamp(text: object) -> bool:
    """Say whether a text is a time as ``stamp`` writes it."""
    return isinstance(text, str) and _STAMP.fullmatch(text) is not None


def _typed(record: Record) -> bool:
    return (
        isinstance(record.sequence, int)
        and isinstance(record.facts, dict)
        and (record.job is None or isinstance(record.job, str))
        and is_stamp(record.time)
        and all(isinstance(text, str) for text in (record.previous, record.key))
    )


def _line(body: bytes, digest: str, signature: str) -> bytes:
    return b'{"record":' + body + b',"sha256":"' + digest.encode() + b'","signature":"' + signature.encode() + b'"}'
