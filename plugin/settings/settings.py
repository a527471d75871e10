"""The configuration, validated once at start; from then on it is this type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from model.errors import ConfigurationRefused
from model.packages.library import default_directory
from model.packages.package import NO_WISHES, Wishes
from model.pipeline.selection import StructureSelection
from plugin.facts.dictionary import own_names
from plugin.facts.series import known_keywords
from plugin.settings.constancy import ConstancyTest, read_constancy
from plugin.settings.destinations import Destination, read_destinations
from plugin.settings.document import AttestationDemand, DicomTarget, Document, Section, ServiceTarget, TlsSection
from plugin.settings.evidence import EvidenceSection, read_evidence
from plugin.settings.labels import LabelNames, read_labels
from plugin.settings.listen import read_listen
from plugin.settings.models import ModelsAtHand
from plugin.settings.notify import EmailChannel, WebhookChannel, read_notify
from plugin.settings.privacy import PrivacyRules
from plugin.settings.quality import QualitySettings, read_quality
from routing.problems import Problem, problems_of, shown
from routing.rules import Rule, check_references, read_rules
from routing.structures import Template, read_templates

ROOT = "AutoContour"
LOCAL = "local"
# As records of the evidence may hold it, and as an address carries it unchanged.
TARGET_NAME = re.compile(r"(?!.*[0-9]{6})[A-Za-z0-9][A-Za-z0-9._-]{0,47}")


@dataclass(frozen=True)
class Settings:
    """What the site configured, defaults filled in."""

    state_directory: str | None
    database: str | None
    quiet_seconds: float
    incomplete_seconds: float
    workers: int
    lock_memory: bool
    job_seconds: int | None
    keep_superseded: bool
    mixed_series: Literal["refuse", "largest"]
    localizers: Literal["leave-out", "refuse"]
    privacy: PrivacyRules
    rules: tuple[Rule, ...]
    targets: tuple[str, ...]
    limits: Mapping[str, int]
    forwards: Mapping[str, ServiceTarget | DicomTarget]
    models: ModelsAtHand
    models_directory: Path
    templates: Mapping[str, StructureSelection]
    routing_script: str | None
    allowed_hosts: tuple[str, ...]
    evidence: EvidenceSection
    notify: tuple[EmailChannel | WebhookChannel, ...]
    labels: LabelNames | None
    destinations: Mapping[str, Destination]
    quality: QualitySettings
    orthanc_tls: TlsSection
    wishes: Wishes = NO_WISHES
    constancy: tuple[ConstancyTest, ...] = ()

    def jobs_at_once(self, target: str) -> int:
        """How many jobs of a target may run; of the local one, one more is prepared while the workers draw."""
        return self.workers + 1 if target == LOCAL else self.limits.get(target, 1)


def read_settings(section: Any, dictionary: Any = None, base: Path | None = None) -> Settings:
    """Validate the section; raises ConfigurationRefused with every problem: path, what was found, what is allowed.

    ``dictionary`` is Orthanc's own ``Dictionary``, whose names rules may use beside the standard's keywords.
    ``base`` is the folder where relative paths start: that of Orthanc's configuration.
    """
    settings, problems = examine(section, dictionary, base)
    if settings is None:
        first = problems[0]
        more = "".join(f"; {problem}" for problem in problems[1:])
        raise ConfigurationRefused(first.path, first.sentence + more)
    return settings


def examine(section: Any, dictionary: Any = None, base: Path | None = None) -> tuple[Settings | None, list[Problem]]:
    """Return the settings, or all that is wrong with the section."""
    if not isinstance(section, dict):
        return None, [Problem(ROOT, shown(section), "an object")]
    problems: list[Problem] = []
    document: Section | None = None
    try:
        document = Section.model_validate(section, context=None if base is None else {"base": base})
    except ValidationError as error:
        problems += [_without_secret(one) for one in problems_of(error, ROOT, _keys_at)]
    rules, wrong = read_rules(section.get("Rules"), known_keywords(own_names(dictionary)), f"{ROOT}.Rules")
    problems += wrong
    templates, wrong_templates = read_templates(section.get("Structures"), f"{ROOT}.Structures")
    problems += wrong_templates
    evidence, wrong_evidence = read_evidence(section.get("Evidence"), base)
    problems += wrong_evidence
    notify, wrong_notify = read_notify(section.get("Notify"), tuple(rule.name for rule in rules), base)
    problems += [one for one in wrong_notify if not (wrong and one.path.endswith(".Rules"))]
    labels, wrong_labels = read_labels(section.get("Labels"))
    problems += wrong_labels
    destinations, wrong_destinations = read_destinations(section.get("Destinations"), base)
    problems += wrong_destinations
    quality, wrong_quality = read_quality(section.get("Quality"))
    problems += wrong_quality
    problems += read_listen(section.get("Listen"), base)[1]
    written = section.get("Targets")
    targets = written if isinstance(written, dict) else {}
    problems += _misnamed(targets)
    constancy, wrong_constancy = read_constancy(section.get("Constancy"), (LOCAL, *targets), base)
    problems += wrong_constancy
    problems += check_references(
        section.get("Rules"),
        targets=(LOCAL, *targets),
        templates=_names_in(section.get("Structures")),
        destinations=_names_in(section.get("Destinations")),
        path=f"{ROOT}.Rules",
    )
    if document is not None:
        problems += _lacking(document)
        problems += _tokenless(document)
        problems += [
            Problem(f"{ROOT}.Evidence.Witnesses.{name}", "the name of a target", "a name of its own")
            for name in evidence.Witnesses
            if name in document.Targets
        ]
    if problems or document is None:
        return None, problems
    settings = Settings(
        state_directory=document.StateDirectory,
        database=document.Database,
        quiet_seconds=float(document.QuietSeconds),
        incomplete_seconds=float(document.IncompleteSeconds),
        workers=document.Workers,
        lock_memory=document.LockMemory,
        job_seconds=document.JobSeconds,
        wishes=Wishes(document.Precision, document.AirTiles),
        mixed_series=document.MixedSeries,
        localizers=document.Localizers,
        privacy=document.Privacy.rules(),
        keep_superseded=document.Superseded == "keep",
        rules=rules,
        targets=(LOCAL, *document.Targets),
        limits={name: target.Limit for name, target in document.Targets.items()},
        forwards=document.Targets,
        models=_models(section, base),
        models_directory=_library(section, base),
        templates={name: _selection(one) for name, one in templates.items()},
        routing_script=document.RoutingScript,
        allowed_hosts=tuple(document.AllowedHosts),
        evidence=evidence,
        notify=notify,
        labels=labels,
        destinations=destinations,
        quality=quality,
        orthanc_tls=document.OrthancTls,
        constancy=constancy,
    )
    return settings, []


def attestation_remarks(targets: Mapping[str, ServiceTarget | DicomTarget]) -> list[str]:
    """Say of each target that demands quotes that those of the software stand-in prove nothing."""
    return [
        f"{ROOT}.Targets.{name}.Attestation takes the software stand-in, which proves nothing about the machine of the "
        "service: it is for tests only"
        for name, target in targets.items()
        if isinstance(target, ServiceTarget) and target.Attestation is not None
    ]


def _names_in(section: Any) -> tuple[str, ...]:
    return tuple(section) if isinstance(section, dict) else ()


def _misnamed(targets: Mapping[str, Any]) -> list[Problem]:
    """Names of targets that an address or a record does not hold (``a%5Cb`` arrives as ``a/b``), or that are taken."""
    allowed = (
        'letters, digits, ".", "-" and "_" (at most 48), beginning with a letter or digit, no six digits in a row, '
        'but not "local"'
    )
    return [
        Problem(f"{ROOT}.Targets", shown(name), f"a name of {allowed}")
        for name in targets
        if name == LOCAL or TARGET_NAME.fullmatch(name) is None
    ]


def unknown_models(section: Any, base: Path | None = None) -> list[Problem]:
    """Problems of rules that name a model which nobody has: the gateway does without these rules until it is there."""
    if not isinstance(section, dict):
        return []
    known = _models(section, base).all_names
    return check_references(section.get("Rules"), models=known, path=f"{ROOT}.Rules")


def _models(section: Mapping[str, Any], base: Path | None) -> ModelsAtHand:
    """Return the models of a section, in which other things may be wrong."""
    targets = section.get("Targets")
    lists = [
        one.get("Models") for one in (targets.values() if isinstance(targets, dict) else ()) if isinstance(one, dict)
    ]
    elsewhere = (name for names in lists if isinstance(names, list) for name in names if isinstance(name, str))
    return ModelsAtHand(_library(section, base), frozenset(elsewhere), LOCAL)


def _library(section: Mapping[str, Any], base: Path | None) -> Path:
    """Return the folder with the model packages."""
    chosen, state = section.get("ModelsDirectory"), section.get("StateDirectory")
    start = base or Path()
    if isinstance(chosen, str) and chosen:
        return start / chosen
    return start / state / "models" if isinstance(state, str) and state else default_directory()


def _selection(template: Template) -> StructureSelection:
    """Return a template as the model's room knows it."""
    return StructureSelection(template.rois, tuple(template.rename.items()))


def _tokenless(document: Section) -> list[Problem]:
    """Name the token that is lacking beside a gateway elsewhere, which answers nobody without one."""
    if document.Gateway is None or document.GatewayTokenFile is not None:
        return []
    return [Problem(f"{ROOT}.GatewayTokenFile", "nothing beside a Gateway", "the file with the token that it asks for")]


def _without_secret(problem: Problem) -> Problem:
    """Return the problem without what was found where that may hold a password."""
    if problem.path != f"{ROOT}.Database":
        return problem
    return Problem(problem.path, "something else", '"postgresql://user:password@host:5432/name", or nothing for SQLite')


def _lacking(document: Section) -> list[Problem]:
    """Keys that another one asks for: what lies in PostgreSQL is sealed with a key that never lies there too."""
    if document.Database is None or document.Privacy.vault_key_file is not None:
        return []
    return [Problem(f"{ROOT}.Privacy.VaultKeyFile", "nothing", "the path of a key, which Database asks for")]


_KINDS: dict[str, type[Document]] = {"service": ServiceTarget, "dicom": DicomTarget}


def _keys_at(location: tuple[int | str, ...]) -> tuple[str, ...]:
    """Return the keys that are allowed at a place of the section."""
    kind: type[Document] = Section
    if location and location[0] == "Targets":
        kind = next((_KINDS[step] for step in location if step in _KINDS), ServiceTarget)
        kind = AttestationDemand if "Attestation" in location else kind
    elif location and location[0] == "OrthancTls":
        kind = TlsSection
    return tuple(kind.model_fields)
