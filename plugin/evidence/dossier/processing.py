"""What the dossier is generated from: the site's configuration, the models that it names, and what was registered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from plugin.evidence.dossier.models import ModelLine
from plugin.settings.document import DicomTarget, Section
from plugin.settings.evidence import EvidenceSection, Recipient
from plugin.settings.privacy import PrivacyRules
from plugin.settings.quality import QualitySettings, read_quality
from routing.rules import Rule


@dataclass(frozen=True, slots=True)
class Destination:
    """A configured target: ``kind`` is local, service or dicom; ``address`` the host or the modality's name."""

    name: str
    kind: Literal["local", "service", "dicom"]
    address: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A configured rule as the dossier lists it."""

    name: str
    model: str
    target: str
    excludes: bool


@dataclass(frozen=True, slots=True)
class Processing:
    """What the dossier is generated from.

    All of it is configuration, but for ``models``: which versions of the models that the rules name lie here.
    ``destinations`` are the targets, ``deliveries`` the names of systems that results are sent to, ``constancy`` the
    models that are tested by a schedule.
    """

    evidence: EvidenceSection
    destinations: tuple[Destination, ...]
    rules: tuple[RuleLine, ...]
    privacy: PrivacyRules
    software_version: str
    configuration_digest: str
    quality: QualitySettings = field(default_factory=QualitySettings)
    deliveries: tuple[str, ...] = ()
    constancy: tuple[str, ...] = ()
    models: tuple[ModelLine, ...] = ()
    shared_database: bool = False
    # The targets that have to show a quote of their machine; of the software stand-in, the only kind that there is.
    attested: tuple[str, ...] = ()

    @property
    def remote(self) -> tuple[Destination, ...]:
        """The targets outside this machine, used by a rule or not: a script or a person may name any for one series."""
        return tuple(place for place in self.destinations if place.kind != "local")

    @property
    def services(self) -> tuple[Destination, ...]:
        """The targets that give receipts."""
        return tuple(place for place in self.destinations if place.kind == "service")

    @property
    def nodes(self) -> tuple[Destination, ...]:
        """The targets that give none."""
        return tuple(place for place in self.destinations if place.kind == "dicom")

    def recipient(self, place: Destination) -> Recipient | None:
        """Who stands behind a target, where the site has said so."""
        return self.evidence.Recipients.get(place.name)


def read_processing(
    raw: Mapping[str, Any],
    section: Section,
    evidence: EvidenceSection,
    rules: tuple[Rule, ...],
    software_version: str,
    models: tuple[ModelLine, ...] = (),
) -> Processing:
    """Collect what the dossier says from the section "AutoContour": as written (for its digest), and as validated.

    ``models`` is what plugin.evidence.dossier.models found here.
    """
    places = [Destination("local", "local", "")]
    for name, target in section.Targets.items():
        if isinstance(target, DicomTarget):
            places.append(Destination(name, "dicom", f"modality {target.Modality}"))
        else:
            places.append(Destination(name, "service", urlsplit(target.Url).netloc))
    lines = tuple(RuleLine(rule.name, rule.model, rule.target, rule.exclude is not None) for rule in rules)
    privacy = section.Privacy.rules()
    return Processing(
        evidence,
        tuple(places),
        lines,
        privacy,
        software_version,
        configuration_digest(raw),
        quality=read_quality(section.Quality)[0],
        deliveries=tuple(section.Destinations),
        constancy=tuple(str(test["Model"]) for test in section.Constancy or ()),
        models=models,
        shared_database=section.Database is not None,
        attested=tuple(
            name
            for name, target in section.Targets.items()
            if not isinstance(target, DicomTarget) and target.Attestation is not None
        ),
    )


def configuration_digest(section: Mapping[str, Any]) -> str:
    """Give the SHA-256 of the section "AutoContour": the same for the same settings, in any order and spacing."""
    text = json.dumps(section, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
