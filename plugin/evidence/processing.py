"""What the dossier is generated from: the site's configuration, read once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from plugin.settings.document import DicomTarget, Section
from plugin.settings.evidence import EvidenceSection
from plugin.settings.privacy import PrivacyRules
from routing.rules import Rule


@dataclass(frozen=True, slots=True)
class Destination:
    """A configured target: ``kind`` is local, service or dicom; ``address`` the host or the modality's name."""

    name: str
    kind: str
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
    """What the dossier is generated from, all of it configuration."""

    evidence: EvidenceSection
    destinations: tuple[Destination, ...]
    rules: tuple[RuleLine, ...]
    privacy: PrivacyRules
    software_version: str
    configuration_digest: str


def read_processing(
    raw: Mapping[str, Any], section: Section, evidence: EvidenceSection, rules: tuple[Rule, ...], software_version: str
) -> Processing:
    """Collect what the dossier says from the section "AutoContour": as written (for its digest), and as validated."""
    places = [Destination("local", "local", "")]
    for name, target in section.Targets.items():
        if isinstance(target, DicomTarget):
            places.append(Destination(name, "dicom", f"modality {target.Modality}"))
        else:
            places.append(Destination(name, "service", urlsplit(target.Url).netloc))
    lines = tuple(RuleLine(rule.name, rule.model, rule.target, rule.exclude is not None) for rule in rules)
    privacy = section.Privacy.rules()
    return Processing(evidence, tuple(places), lines, privacy, software_version, configuration_digest(raw))


def configuration_digest(section: Mapping[str, Any]) -> str:
    """Give the SHA-256 of the section "AutoContour": the same for the same settings, in any order and spacing."""
    text = json.dumps(section, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
