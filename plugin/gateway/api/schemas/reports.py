"""What an auditor asks about a month."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from plugin.gateway.api.schemas.base import Answer, Counts, Signed, Time
from plugin.gateway.api.schemas.evidence import EventAnswer, HeadAnswer
from plugin.settings.evidence import Party, Recipient


class ControllerAnswer(Answer):
    """Who answers for the processing, from the configuration."""

    controller: Party | None
    representative: Party | None
    data_protection_officer: Party | None
    purposes: list[str]
    legal_basis: list[str]
    data_subjects: list[str]


class ReportRecipient(Recipient):
    """Who stands behind a target."""

    Target: str


class TotalsAnswer(Answer):
    """The month in numbers."""

    jobs: int
    outcomes: Counts
    series_sent: int
    images_sent: int
    bytes_sent: int
    series_by_target: Counts
    remote_deletions_by_verification: Counts
    local_deletions: int
    keys_destroyed: int
    records: int


class DayAnswer(Answer):
    """How many jobs were closed on one day."""

    day: int
    done: int
    refused: int
    failed: int


class StayAnswer(Answer):
    """How many series were with a recipient for so long."""

    stay: str = Field(examples=["1 to 5 min"])
    series: int


class TransferAnswer(Answer):
    """One job of the month: when each step was; null where it did not happen."""

    evidence_code: str
    received: Time | None
    modality: str | None
    instances: int | None
    model: str | None
    target: str | None
    target_type: str | None
    bytes: int | None
    sent: Time | None
    remote_verified: Time | None
    stored: Time | None
    remote_deleted: Time | None
    remote_deletion_verified: str | None
    """How the deletion there was established."""
    local_deleted: Time | None
    key_destroyed: Time | None
    closed: Time | None
    outcome: str
    """The final state of the job, or `open`."""


class RefusalAnswer(Answer):
    """A series that was excluded, refused or failed."""

    evidence_code: str
    time: Time
    event: str
    code: str | None
    findings: Counts


class SiteEventAnswer(EventAnswer):
    """Something that happened at the site, with the facts of its record."""

    record: int
    evidence_code: str | None
    chain: str | None = None
    """The gateway in whose chain it stands, where several share a database."""


class OpenItemAnswer(Answer):
    """A job that was not closed by the end of the month."""

    evidence_code: str
    since: Time
    last_event: str
    missing: list[str]
    """What must still happen before it may be closed."""


class BrokenRecordAnswer(Answer):
    """The first record of the chain that is not as it was written."""

    sequence: int
    change: str
    gateway: str | None = None
    """Whose chain, or copy of a chain, it is, in a group of gateways; null for the chain of the one that answers."""


class ChainAnswer(Answer):
    """The chain of the month, verified for this report."""

    first_record: int | None
    last_record: int | None
    head_at_end_of_month: str | None
    head_at_issue: HeadAnswer
    signed_head: str | None
    """The signed head as paper prints it (`evidence verify --head`); null for a chain that was changed."""
    verified: bool
    records_verified: int
    first_broken_record: BrokenRecordAnswer | None
    keys: list[str]
    remarks: list[str]


class PeerChainAnswer(ChainAnswer):
    """The same of another gateway of the group, from its copy."""

    gateway: str


class TimeStampAnswer(Answer):
    """What an independent authority stamped (RFC 3161)."""

    gateway: str | None
    """In whose chain the head is, where several gateways share a database; null alone."""
    sequence: int | None
    """The record whose head it is; null where the head cannot be read any more."""
    digest: str | None
    time: Time | None
    """By the authority's clock; null for another gateway's stamp, which lies beside its chain and is not read here."""
    authority: str | None
    verified: bool | None
    """Whether it is over this head and by the configured authority; null where its certificates were not there, or the
    stamp is another gateway's."""
    recorded: Time | None
    """Another gateway's: when it recorded that it had got the stamp."""


class QualityLine(Answer):
    """One structure of one model at one target."""

    structure: str
    model: str
    model_digest: str
    target: str
    untouched: int
    edited: int
    deleted: int
    not_comparable: int
    median_added_path_length_mm: int | None
    """Rounded: a signed document holds no fractions."""
    beyond: bool
    """Whether the mean of the month is beyond its limit."""


class QualityRaised(Answer):
    """An alert of the charts that came up in the month."""

    alert: str
    since: Time
    structures: list[str]
    model: str
    model_digest: str
    target: str
    direction: Literal["more", "less"] | None


class QualityOfMonth(Answer):
    """What people changed of the contours."""

    structures: list[QualityLine]
    alerts: list[QualityRaised]


class ReportBody(Answer):
    """A month from the records alone."""

    report: int
    """The version of this format."""
    month: str = Field(examples=["2026-11"])
    issued: Time
    complete: bool
    """Whether the month was over."""
    controller: ControllerAnswer
    recipients: list[ReportRecipient]
    totals: TotalsAnswer
    daily: list[DayAnswer]
    assessed: Counts
    """Versions of results that people returned, and what became of the structures in them."""
    abroad: list[StayAnswer]
    transfers: list[TransferAnswer]
    refusals: list[RefusalAnswer]
    exceptions: list[SiteEventAnswer]
    rights: Counts
    open_items: list[OpenItemAnswer]
    changes: list[SiteEventAnswer]
    versions: dict[str, list[str]]
    anchors: list[SiteEventAnswer]
    time_stamps: list[TimeStampAnswer]
    quality: QualityOfMonth | None
    """What people changed of the contours; from the comparisons, not from the records."""
    chain: ChainAnswer
    chains: list[PeerChainAnswer] = Field(default_factory=list)
    """Those of the other gateways that share the database."""


class ReportDocument(Signed):
    """What is signed: the kind with the body, so that no document passes for one of another kind."""

    kind: Literal["autocontour monthly report"]
    key: str
    """Names the public key that verifies the signature."""
    body: ReportBody


class SignedReport(Signed):
    """The report of a month, with digest and Ed25519 signature of its canonical JSON, both hexadecimal."""

    document: ReportDocument
    sha256: str
    signature: str
