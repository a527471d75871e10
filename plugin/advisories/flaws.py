"""The dated list of published flaws that a release carries, and which of them a version has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

# A list that is older says less than it seems to: new flaws are published every few months.
STALE_DAYS = 180


class Flaw(BaseModel):
    """Flaws that were published together; they have one range of versions."""

    model_config = ConfigDict(alias_generator=to_pascal, frozen=True, extra="forbid")

    product: str
    identifiers: tuple[str, ...] = Field(min_length=1)
    published: date
    first: str | None = Field(default=None, alias="From")  # the first version that has it; None: all before the fix
    fixed_in: str | None  # the first version without it; None: none was known at the date of the list
    what: str
    source: str


class FlawList(BaseModel):
    """What was known at a date."""

    model_config = ConfigDict(alias_generator=to_pascal, frozen=True, extra="forbid")

    format: int = Field(ge=1, le=1)
    as_of: date
    flaws: tuple[Flaw, ...]

    def stale(self, today: date) -> bool:
        """Tell whether the list is too old to be relied on."""
        return (today - self.as_of).days > STALE_DAYS


@dataclass(frozen=True, slots=True)
class Installed:
    """One product as it is installed: its version, and the flaws that its packager says are mended in it."""

    product: str
    version: str
    mended: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """A published flaw that an installed product has, by all that can be told from here."""

    installed: Installed
    flaw: Flaw
    identifiers: tuple[str, ...]  # without those that the packager mended

    @property
    def sentence(self) -> str:
        """Say what it is, and the way out."""
        names = ", ".join(self.identifiers)
        several = "flaws" if len(self.identifiers) > 1 else "flaw"
        fix = (
            f"Install {self.flaw.fixed_in} or newer, or a build of your distribution that names them in its changelog"
            if self.flaw.fixed_in
            else "No fixed version was known when this list was made: ask its makers"
        )
        return (
            f"{self.installed.product} {self.installed.version} has {len(self.identifiers)} published {several} "
            f"({names}): {self.flaw.what}. {fix}; until then let only machines that you know reach its ports "
            "(docs/security.md)."
        )


@cache
def known_flaws() -> FlawList:
    """Read the list that this release carries."""
    text = resources.files("plugin.advisories").joinpath("known.json").read_text(encoding="utf-8")
    return FlawList.model_validate_json(text)


def release_of(version: str) -> tuple[int, ...] | None:
    """Return the numbers of a version, Debian's epoch, revision and suffixes aside; None for mainline and the like."""
    upstream = version.split(":", 1)[-1].split("-", 1)[0]
    numbers = re.match(r"\d+(\.\d+)*", upstream)
    return tuple(map(int, numbers.group().split("."))) if numbers else None


def findings(installed: Iterable[Installed], flaws: Iterable[Flaw]) -> tuple[Finding, ...]:
    """Return the flaws that these products have; a version without numbers (mainline) is not judged."""
    flaws = tuple(flaws)
    found = []
    for product in installed:
        release = release_of(product.version)
        if release is None:
            continue
        for flaw in flaws:
            left = tuple(name for name in flaw.identifiers if name not in product.mended)
            if flaw.product == product.product and left and _within(release, flaw):
                found.append(Finding(product, flaw, left))
    return tuple(sorted(found, key=lambda one: (one.installed.product, one.flaw.published), reverse=True))


def _within(release: tuple[int, ...], flaw: Flaw) -> bool:
    first = release_of(flaw.first) if flaw.first else None
    fixed = release_of(flaw.fixed_in) if flaw.fixed_in else None
    return (first is None or _padded(release) >= _padded(first)) and (
        fixed is None or _padded(release) < _padded(fixed)
    )


def _padded(release: tuple[int, ...]) -> tuple[int, ...]:
    """1.12 is 1.12.0."""
    return release + (0,) * (6 - len(release))
