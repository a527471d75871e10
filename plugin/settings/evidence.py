"""The section "AutoContour.Evidence": who answers for the processing, and where evidence goes besides the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from plugin.settings.document import Document, ServiceTarget
from plugin.settings.places import Proxied, SitePath
from routing.problems import Problem, problems_of, shown

ROOT = "AutoContour.Evidence"


class Party(Document):
    """A person or an organisation that a report or the dossier names."""

    Name: str = Field(min_length=1, max_length=120)
    Address: str = Field(default="", max_length=240)
    Contact: str = Field(default="", max_length=120)


class Recipient(Document):
    """Who stands behind a target: what Article 30 asks to be known of a recipient."""

    Name: str = Field(min_length=1, max_length=120)
    Address: str = Field(default="", max_length=240)
    Country: str = Field(default="", max_length=60)
    Role: Literal["processor", "joint controller", "controller"] = "processor"
    # The contract of Article 28 by its reference, as "DPA 2026-014".
    Contract: str = Field(default="", max_length=120)
    # For a country outside the EEA: what Article 46 or 49 gives.
    Safeguards: str = Field(default="", max_length=240)


class AuditRepository(Document):
    """The hospital's audit repository: DICOM PS3.15 audit messages over syslog."""

    # A name or a bare address; in labels of at most 63, or the system's resolver raises what is no network error.
    Host: str = Field(
        pattern=r"^([A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$", max_length=253
    )
    Port: int = Field(default=6514, ge=1, le=65535)
    Protocol: Literal["tls", "udp"] = "tls"
    # The authority that the repository's certificate must be of; the system's own by default.
    CaFile: SitePath | None = None
    # Our certificate and key, where the repository asks for one.
    CertificateFile: SitePath | None = None
    KeyFile: SitePath | None = None
    # What AuditSourceID says: which system speaks.
    SourceId: str = Field(default="orthanc-autocontour", pattern=r"^[A-Za-z0-9._-]{1,48}$")


class StampAuthority(Document, Proxied):
    """An authority for RFC 3161 time stamps over the daily head of the chain."""

    Url: str = Field(pattern=r"^https?://")
    # PEM file with the authority's root certificates: those of its stamps, not of its web address.
    CaFile: SitePath
    # The authority that the certificate of an https address must be of; the public ones by default.
    TlsCaFile: SitePath | None = None


class AlertHook(Document, Proxied):
    """Where an alert is posted as JSON."""

    Url: str = Field(pattern=r"^https?://")
    TokenFile: SitePath | None = None
    CaFile: SitePath | None = None


class WitnessFolder(Document):
    """A folder of one gateway's own, best on a share that only appends: each day's signed head becomes a new file."""

    Type: Literal["folder"]
    Path: SitePath


class ServiceWitness(ServiceTarget):
    """A segmentation service that holds heads: one, as each of several behind an address has a chain of its own."""

    @model_validator(mode="after")
    def _one_service(self) -> ServiceWitness:
        if self.OperatorKey is not None:
            raise ValueError("a witness is one service: give its ServiceKey and its own Url, and no OperatorKey")
        if self.Attestation is not None:
            raise ValueError("a witness gets heads and no images: Attestation belongs to Targets")
        return self


WitnessPlace = Annotated[WitnessFolder | ServiceWitness, Field(discriminator="Type")]


class PdfKeys(Document):
    """Key and certificate (PEM) from the site's own authority, in the place of a self-made pair."""

    CertificateFile: SitePath
    KeyFile: SitePath


class EvidenceSection(Document):
    """All keys with their defaults; nothing is required, and the dossier lists what is still open."""

    Controller: Party | None = None
    Representative: Party | None = None
    DataProtectionOfficer: Party | None = None
    Purposes: list[str] = Field(
        default_factory=lambda: ["Contouring of organs in CT and MR series for treatment planning."]
    )
    LegalBasis: list[str] = Field(default_factory=list)
    DataSubjects: list[str] = Field(default_factory=lambda: ["Patients of the hospital who were imaged with CT or MR."])
    # By the name of the target.
    Recipients: dict[str, Recipient] = Field(default_factory=dict)
    # Technical and organisational measures of the site beside those that the software brings.
    Measures: list[str] = Field(default_factory=list)
    RecordYears: int = Field(default=10, ge=1, le=100)
    # A receipt that has not come for this long raises an alert.
    ReceiptMinutes: float | int = Field(default=60, gt=0, le=60 * 24 * 30)
    # The hour (UTC) at which the head of the chain is anchored.
    AnchorHour: int = Field(default=2, ge=0, le=23)
    # Who holds the head of the chain beside the services that draw: by a name of its own.
    Witnesses: dict[str, WitnessPlace] = Field(default_factory=dict)
    TimeStamp: StampAuthority | None = None
    Audit: AuditRepository | None = None
    Webhook: AlertHook | None = None
    PdfSignature: PdfKeys | None = None

    @property
    def site(self) -> str:
        """The name that stands at the head of documents."""
        return self.Controller.Name if self.Controller is not None else "Controller not yet named in the configuration"

    @property
    def services(self) -> dict[str, ServiceTarget]:
        """The witnesses that are asked as services are."""
        return {name: one for name, one in self.Witnesses.items() if isinstance(one, ServiceTarget)}


def read_evidence(section: Any, base: Path | None = None) -> tuple[EvidenceSection, list[Problem]]:
    """Validate the section, whose relative paths start at ``base``; with problems, the defaults stand in for it."""
    if section is None:
        return EvidenceSection(), []
    if not isinstance(section, dict):
        return EvidenceSection(), [Problem(ROOT, shown(section), "an object")]
    try:
        context = None if base is None else {"base": base}
        return EvidenceSection.model_validate(section, context=context), []
    except ValidationError as error:
        return EvidenceSection(), problems_of(error, ROOT, _keys_at)


_PARTS: dict[str, type[Document]] = {
    "Controller": Party,
    "Representative": Party,
    "DataProtectionOfficer": Party,
    "Recipients": Recipient,
    "TimeStamp": StampAuthority,
    "Audit": AuditRepository,
    "Webhook": AlertHook,
    "PdfSignature": PdfKeys,
}


def _keys_at(location: tuple[int | str, ...]) -> tuple[str, ...]:
    if location and location[0] == "Witnesses":
        return tuple(ServiceTarget.model_fields) if "service" in location else tuple(WitnessFolder.model_fields)
    part = _PARTS.get(str(location[0])) if location else None
    return tuple((part or EvidenceSection).model_fields)
