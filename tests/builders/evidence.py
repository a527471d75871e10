"""Chains with whole jobs on record, and a clock that the test moves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import Event
from model.evidence.facts import Fact
from model.evidence.signing import SigningKey

LABELS = ("hu-ct", "cloud", "local", "box", "basic-1")


def digest(text: str) -> str:
    """A digest as records hold them."""
    return hashlib.sha256(text.encode()).hexdigest()


class Clock:
    """A clock that stands still until it is moved; a second passes with every look."""

    def __init__(self, start: datetime = datetime(2026, 11, 3, 8, tzinfo=UTC)) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def open_chain(folder: Path, key: SigningKey, clock: Clock | None = None) -> Chain:
    """Open a chain with the usual labels declared."""
    return Chain.open(folder, key, labels=LABELS, clock=clock or Clock())


_SERVICE_KEY = "00112233445566aa"

# One job through a service, event by event; what a local job has is a part of it.
LIFE: tuple[tuple[Event, Mapping[str, Fact]], ...] = (
    (Event.RECEIVED, {"instances": 120, "modality": "CT", "origin": "STORED", "software_version": "0.1.0"}),
    (Event.MATCHED, {"model": "hu-ct", "target": "cloud", "target_type": "service", "rule": 2, "model_version": "1.0"}),
    (
        Event.DEIDENTIFIED,
        {
            "instances": 120,
            "profile": "basic-1",
            "profile_digest": digest("profile"),
            "actions": {"removed": 212, "replaced": 9, "kept": 31, "emptied": 6},
            "dicom_version": "2021b",
            "orthanc_version": "1.10.1",
            "attributes": 46,
        },
    ),
    (
        Event.SELF_CHECKED,
        {"passed": True, "instances": 120, "manifest": digest("manifest"), "findings": {}, "words_searched": 87},
    ),
    (
        Event.SENT,
        {
            "instances": 120,
            "bytes": 63_456_789,
            "manifest": digest("manifest"),
            "target": "cloud",
            "target_type": "service",
            "transfer": "3f0c8a62-6a1f-4a51-9a53-0d3f4f0b7a11",
            "recipient_key": _SERVICE_KEY,
        },
    ),
    (
        Event.REMOTE_VERIFIED,
        {"receipt": digest("verified"), "recipient_key": _SERVICE_KEY, "instances": 120, "findings": {}},
    ),
    (
        Event.RESULT_RECEIVED,
        {"result": digest("rtstruct"), "rois": 6, "bytes": 812_000, "model": "hu-ct", "model_version": "1.0"},
    ),
    (Event.REIDENTIFIED, {"references": 412, "rois": 6}),
    (Event.STORED, {"rois": 6, "bytes": 812_512}),
    (
        Event.REMOTE_DELETED,
        {"verified": "RECEIPT", "receipt": digest("deleted"), "recipient_key": _SERVICE_KEY, "files": 121, "left": 0},
    ),
    (
        Event.LOCAL_DELETED,
        {
            "files": 121,
            "left": 0,
            "bytes": 64_268_789,
            "verified": "LISTED",
            "orthanc_copies": 0,
            "orthanc_verified": "LOOKED_UP",
        },
    ),
    (Event.KEY_DESTROYED, {"verified": "READ_BACK"}),
)


def record_job(chain: Chain, *, code: str | None = None, until: Event | None = None, closed: bool = True) -> str:
    """Put a job through a service on record, up to and with ``until``, and close it; returns its evidence code."""
    job = code or new_code()
    for event, facts in LIFE:
        chain.append(event, job, facts)
        if event is until:
            return job
    if closed:
        chain.append(Event.CLOSED, job, {"outcome": "done", "duration_ms": 41_250})
    return job


def record_local_job(chain: Chain, *, code: str | None = None) -> str:
    """Put a job that never left the machine on record and close it; returns its evidence code."""
    job = code or new_code()
    remote = (Event.SENT, Event.REMOTE_VERIFIED, Event.REMOTE_DELETED)
    for event, facts in LIFE:
        if event is Event.MATCHED:
            chain.append(event, job, {**facts, "target": "local", "target_type": "local"})
        elif event not in remote:
            chain.append(event, job, facts)
    chain.append(Event.CLOSED, job, {"outcome": "done", "duration_ms": 9_120})
    return job
