"""A series as a site's own Python sees it."""

from __future__ import annotations

from typing import Any

from routing.compile import compile_when
from routing.conditions import matches
from routing.facts import FACTS, Attribute, Opaque, SeriesFacts
from routing.names import FactName, parse_steps


class Series:
    """What a routing script asks about a series; a name is a DICOM keyword, a tag, a path or a fact, as in a rule.

    ``series.text("Modality")``, ``series.number("SliceThickness")``, ``series.number("Slices")``,
    ``series.flag("Uniform")``, ``series.values("ImageType")``, ``series.matches({"BodyPartExamined": ["CHEST"]})``.
    Nothing here raises for a missing value; a name that cannot be one raises ValueError.
    """

    def __init__(self, facts: SeriesFacts) -> None:
        self._facts = facts

    def text(self, name: str) -> str:
        """Return the value as text; empty when missing, multi-valued or different between slices."""
        value = self._single(name)
        return "" if value is None or isinstance(value, Opaque) else str(value)

    def number(self, name: str) -> float | None:
        """Return the value as a number; None when missing, no number, multi-valued or different between slices."""
        attribute = self._attribute(name)
        return attribute.prepared[0][0].number if self._single(name) is not None else None

    def flag(self, name: str) -> bool:
        """Whether a fact is true; False when it is missing."""
        return self._single(name) is True

    def values(self, name: str) -> tuple[str, ...]:
        """Every different value met on any slice, as text."""
        met = (value for values in self._attribute(name).distinct for value in values)
        return tuple(dict.fromkeys(str(value) for value in met if not isinstance(value, Opaque)))

    def exists(self, name: str) -> bool:
        """Whether any slice has a value."""
        return not self._attribute(name).missing

    def same(self, name: str) -> bool:
        """Whether every slice says the same, missing included."""
        return len(self._attribute(name).distinct) == 1

    def matches(self, when: dict[str, Any]) -> bool:
        """Whether the series matches conditions written as a rule's ``When``; raises ValueError for wrong ones."""
        condition, problems = compile_when(when, None, "When")
        if problems:
            raise ValueError("; ".join(str(problem) for problem in problems))
        return matches(condition, self._facts)

    def _attribute(self, name: str) -> Attribute:
        return self._facts.attribute(FactName(name) if name in FACTS else FactName(name, parse_steps(name)))

    def _single(self, name: str) -> Any:
        distinct = self._attribute(name).distinct
        return distinct[0][0] if len(distinct) == 1 and len(distinct[0]) == 1 else None
