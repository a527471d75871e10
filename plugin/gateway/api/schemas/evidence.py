"""What the chain of evidence says of one job, and of itself."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from model.evidence.event import Event
from plugin.gateway.api.schemas.base import Answer, Counts, Signed, Time
from plugin.settings.evidence import Recipient

# What a record may hold beside its time: counts, digests, declared words, never free text.
Fact = bool | int | str | dict[str, int]


class HeadAnswer(Answer):
    """The head of the chain: its last record."""

    sequence: int
    digest: str
    """SHA-256 of the record."""


class BrokenAnswer(Answer):
    """The first record of the chain that is not as it was written."""

    sequence: int
    change: str
    """What was done to it, such as `edited` or `removed`."""
    file: str
    line: int
    why: str
    gateway: str | None = None
    """Whose chain, or copy of a chain, it is, in a group of gateways; null for the chain of the one that answers."""


class VerificationAnswer(Answer):
    """Whether every record of the chain is there, and untouched."""

    valid: bool
    records: int
    """How many are good, up to the first broken one."""
    head: HeadAnswer
    first_broken: BrokenAnswer | None
    keys: list[str]
    """The keys that signed, in order."""
    events: Counts
    remarks: list[str]
    """What needs no action, a sentence each."""
    gateway: str | None = None
    """Whose chain it is; null where no database is shared."""
    chains: list[VerificationAnswer] = Field(default_factory=list)
    """The same of the other gateways that share the database; of this one's own, where its copy there is another."""


class FactsAnswer(Answer):
    """A record's time and its facts under their names in CamelCase; which there are depends on the event."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Fact] = Field(init=False)

    time: Time


class EventAnswer(FactsAnswer):
    """The same, with the event."""

    event: Event


class DeletionAnswer(Answer):
    """One deletion, and how its success was established."""

    where: str
    files: int | None = None
    """How many were deleted; null or absent where files are not counted."""
    left: int | None = None
    """How many could not be deleted; null where nobody knows."""
    time: Time
    how: str


class StepAnswer(Answer):
    """When something happened, and which record of the chain says so."""

    event: Event
    time: Time
    record: int
    gateway: str | None = None
    """In whose chain, where several gateways share a database."""


class PartAnswer(Answer):
    """What one gateway recorded of a job; a job that another took over has a part of each."""

    gateway: str
    first_record: int
    last_record: int
    began: Time
    ended: Time
    keys: list[str]
    """The keys that signed the records."""
    missing: list[Event]
    """What this gateway must still record."""


class RecordBody(Signed):
    """One record of the chain as it was hashed and signed."""

    event: Event
    facts: dict[str, Fact]
    format: int
    job: str | None
    key: str
    """Names the public key that verifies the signature."""
    previous: str
    """SHA-256 of the record before."""
    sequence: int
    time: Time


class SignedRecord(Signed):
    """A record with its digest and signature, both hexadecimal, over its canonical JSON."""

    record: RecordBody
    sha256: str
    signature: str


class CertificateBody(Answer):
    """What was sent of one series, how it was checked, and that it is gone; null where it did not happen."""

    certificate: int
    """The version of this format."""
    issued: Time
    evidence_code: str
    """As people write it."""
    state: Literal["open", "closed"]
    outcome: str | None
    """The final state of the job; null while it is open."""
    received: FactsAnswer | None
    decision: FactsAnswer | None
    pseudonymisation: FactsAnswer | None
    checks: FactsAnswer | None
    sent: FactsAnswer | None
    recipient: Recipient | None
    """Who stands behind the target, from the configuration."""
    receipts: list[EventAnswer]
    result: FactsAnswer | None
    restored: FactsAnswer | None
    stored: FactsAnswer | None
    delivered: list[FactsAnswer]
    assessed: list[FactsAnswer]
    """The versions that people returned, and what became of the structures in each."""
    """Where the result arrived, and how that was proved."""
    failure: FactsAnswer | None
    deletions: list[DeletionAnswer]
    key_destroyed: FactsAnswer | None
    missing: list[Event]
    """What must still happen before the job may be closed."""
    versions: dict[str, str]
    statements: list[str]
    """What happened, in whole sentences."""
    times: list[StepAnswer]
    gateways: list[PartAnswer] = Field(default_factory=list)
    """Who had the job, in order, where several gateways share a database; else none."""
    chain_head: HeadAnswer | None
    """When the certificate was issued."""
    records: list[SignedRecord]
    """The records themselves, each with its signature."""


class CertificateDocument(Signed):
    """What is signed: the kind with the body, so that no document passes for one of another kind."""

    kind: Literal["autocontour certificate"]
    key: str
    """Names the public key that verifies the signature."""
    body: CertificateBody


class SignedCertificate(Signed):
    """The certificate of one job, with digest and Ed25519 signature of its canonical JSON, both hexadecimal."""

    document: CertificateDocument
    sha256: str
    signature: str
