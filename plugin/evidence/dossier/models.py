"""The models that the rules name, as they lie on this machine: version, digest, licence, commissioning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from model.errors import AutocontourError
from model.packages.library import find_package
from model.registry import EMBEDDED, embedded_algorithm
from routing.rules import Rule

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model at a target; empty where this machine cannot tell, as of a model that lies elsewhere.

    ``reports`` are the digests of its registered reports of commissioning, or None where nobody looked: a command
    that reads the configuration alone does not see the gateway's tables.
    """

    name: str
    target: str
    version: str = ""
    digest: str = ""
    licence: str = ""
    reports: tuple[str, ...] | None = None


def models_of(rules: Iterable[Rule], library: Path) -> tuple[ModelLine, ...]:
    """Look at each model that a rule names, once for each target."""
    wanted = dict.fromkeys((rule.model, rule.target) for rule in rules if rule.exclude is None)
    return tuple(_line(name, target, library) for name, target in wanted)


def with_reports(
    models: Iterable[ModelLine], reports: Mapping[tuple[str, str], Sequence[str]]
) -> tuple[ModelLine, ...]:
    """Add the registered reports, by model and target."""
    return tuple(replace(one, reports=tuple(reports.get((one.name, one.target), ()))) for one in models)


def _line(name: str, target: str, library: Path) -> ModelLine:
    if target != LOCAL:
        return ModelLine(name, target)
    if name in EMBEDDED:
        algorithm = embedded_algorithm(name)
        return ModelLine(name, target, algorithm.version, algorithm.digest, algorithm.licence)
    try:
        package = find_package(library, name)
    except (AutocontourError, OSError):
        package = None
    if package is None:
        return ModelLine(name, target)
    return ModelLine(name, target, package.document.version, package.digest, package.document.license.spdx)
