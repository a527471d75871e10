"""A draft of the section ``Rules``, read as the gateway would read it at start; nothing of it comes into force."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin.settings.settings import examine, unknown_models
from routing.problems import Problem
from routing.rules import Rule


@dataclass(frozen=True)
class Draft:
    """Rules that are tried: ``rules`` is None where the gateway would not start with them, ``problems`` says why.

    ``without`` are models that nobody has: the gateway would start, and end each series of such a rule with an error.
    """

    rules: tuple[Rule, ...] | None
    problems: tuple[Problem, ...]
    without: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Drafts:
    """Reads drafts within the configuration in force: its section, Orthanc's ``Dictionary``, and its folder."""

    section: Any
    dictionary: Any
    base: Path

    @property
    def rules(self) -> Any:
        """The rules in force as the site wrote them; None where it has none."""
        return self.section.get("Rules") if isinstance(self.section, dict) else None

    def read(self, rules: Any) -> Draft:
        """Read a draft; all of the section is examined, as other keys of it name rules (``Notify``)."""
        section = (self.section if isinstance(self.section, dict) else {}) | {"Rules": rules}
        settings, problems = examine(section, self.dictionary, self.base)
        if settings is None:
            return Draft(None, tuple(problems))
        return Draft(settings.rules, (), tuple(unknown_models(section, self.base)))
