"""Conditions on the facts of a series, compiled once and asked for every series.

A missing value matches nothing but ``{"Exists": false}``. A multi-valued attribute matches when any of its values
does. A value that differs between slices matches only if every slice matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from routing.facts import Attribute, Prepared, SeriesFacts
from routing.names import FactName
from routing.patterns import SEARCH_SECONDS, Pattern, TooSlow

# The longest text in an attribute that people fill in, LT (DICOM PS3.5 6.2): longer ones are not searched by pattern.
LONGEST_SEARCHED = 10240


class RuleFailed(Exception):
    """A condition could not be decided; the text holds no attribute's value."""


class ConditionResult(NamedTuple):
    """What one condition said: of nested ones ``fact`` is the path (``Any[0].Modality``)."""

    fact: str
    expected: Any
    found: Any
    matched: bool
    is_tag: bool


class Test(Protocol):
    """What one value is held against."""

    def accepts(self, value: Prepared) -> bool:
        """Whether the value fits."""


@dataclass(frozen=True, slots=True)
class EqualText:
    """Equal without regard to case and padding; two decimal numbers are equal as numbers (``5`` and ``5.00``)."""

    folded: str
    number: float | None

    def accepts(self, value: Prepared) -> bool:
        """Whether the value is this text, or this number."""
        if value.folded == self.folded:
            return True
        return self.number is not None and value.number == self.number and plain_number(value.folded or "")


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Text with ``*`` (any run) and ``?`` (one character), as in a C-FIND (DICOM PS3.4 C.2.2.2.4)."""

    expression: re.Pattern[str]

    def accepts(self, value: Prepared) -> bool:
        """Whether the whole value fits."""
        return value.folded is not None and self.expression.fullmatch(value.folded) is not None


@dataclass(frozen=True, slots=True)
class EqualNumber:
    """Equal as a number, however the value writes it."""

    number: float

    def accepts(self, value: Prepared) -> bool:
        """Whether the value is this number."""
        return value.number == self.number


@dataclass(frozen=True, slots=True)
class EqualFlag:
    """True or false, of a fact that is one."""

    flag: bool

    def accepts(self, value: Prepared) -> bool:
        """Whether the value is this flag."""
        return value.raw is self.flag


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of several."""

    tests: tuple[Test, ...]

    def accepts(self, value: Prepared) -> bool:
        """Whether one of the tests accepts the value."""
        for test in self.tests:  # noqa: SIM110 - three times as fast as any() with a generator, and asked most often
            if test.accepts(value):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Searched:
    """A regular expression, searched anywhere in the value."""

    pattern: Pattern

    def accepts(self, value: Prepared) -> bool:
        """Whether the expression is found; raises RuleFailed when the value is too long, or the search too slow."""
        if value.folded is None:
            return False
        text = str(value.raw)
        if len(text) > LONGEST_SEARCHED:
            raise RuleFailed(f"a value of more than {LONGEST_SEARCHED} characters is not searched by pattern")
        try:
            return self.pattern.found_in(text)
        except TooSlow:
            raise RuleFailed(f"a pattern did not end within {SEARCH_SECONDS:g} s") from None


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two ends, both included."""

    low: float
    high: float

    def accepts(self, value: Prepared) -> bool:
        """Whether the value is a number of the range."""
        return value.number is not None and self.low <= value.number <= self.high


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A time of day between two, both included; over midnight when the first is the later one."""

    low: str
    high: str

    def accepts(self, value: Prepared) -> bool:
        """Whether the value, ``HH:MM``, lies in the range."""
        if value.folded is None:
            return False
        if self.low <= self.high:
            return self.low <= value.folded <= self.high
        return value.folded >= self.low or value.folded <= self.high


def plain_number(folded: str) -> bool:
    """Whether a text that is a number is plainly meant as one: ``007`` is an identifier rather than seven."""
    digits = folded.lstrip("+-")
    return not (len(digits) > 1 and digits[0] == "0" and digits[1].isdigit())


@dataclass(frozen=True, slots=True)
class Leaf:
    """One fact, and what its value must be; ``exists`` alone asks whether there is one."""

    path: str
    name: FactName
    expected: Any
    tests: tuple[Test, ...] = ()
    exists: bool | None = None

    def holds(self, attribute: Attribute) -> bool:
        """Whether every slice matches."""
        if self.exists is False:
            return attribute.missing
        for values in attribute.prepared:
            if not values:
                return False
            for test in self.tests:
                for value in values:
                    if test.accepts(value):
                        break
                else:
                    return False
        return True


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions: ``All``, ``Any``, or ``Not`` (what it holds must not all match).

    ``path`` is empty for the braces around several conditions, which explain does not show as a line of their own.
    """

    path: str
    kind: str
    parts: tuple[Condition, ...]


Condition = Leaf | Group


def matches(condition: Condition, facts: SeriesFacts) -> bool:
    """Whether the series matches; stops at the first part that decides. Raises RuleFailed."""
    if isinstance(condition, Leaf):
        return condition.holds(facts.attribute(condition.name))
    if condition.kind == "Any":
        return any(matches(part, facts) for part in condition.parts)
    together = all(matches(part, facts) for part in condition.parts)
    return not together if condition.kind == "Not" else together


# A condition, what it met (the attribute of a leaf, how many parts of a group matched), and whether it matched.
Row = tuple[Condition, Attribute | int, bool]


def explained(condition: Condition, facts: SeriesFacts) -> tuple[bool, tuple[Row, ...]]:
    """Whether the series matches, and a row for every condition; a group comes before its parts. Raises RuleFailed."""
    rows: list[Row] = []
    return _explain(condition, facts, rows), tuple(rows)


def _explain(condition: Condition, facts: SeriesFacts, rows: list[Row]) -> bool:
    if isinstance(condition, Leaf):
        attribute = facts.attribute(condition.name)
        matched = condition.holds(attribute)
        rows.append((condition, attribute, matched))
        return matched
    place = len(rows)
    count = 0
    for part in condition.parts:
        if _explain(part, facts, rows):
            count += 1
    total = len(condition.parts)
    kind = condition.kind
    matched = count == total if kind == "All" else count > 0 if kind == "Any" else count < total
    if condition.path:
        rows.insert(place, (condition, count, matched))
    return matched


def result_of(row: Row) -> ConditionResult:
    """Return a row as people read it."""
    condition, met, matched = row
    if isinstance(condition, Leaf):
        shown = met.shown if isinstance(met, Attribute) else None
        return ConditionResult(condition.path, condition.expected, shown, matched, bool(condition.name.steps))
    found = f"{met} of {len(condition.parts)} matched"
    return ConditionResult(condition.path, _GROUPS[condition.kind], found, matched, False)


_GROUPS = {"All": "all of them", "Any": "at least one of them", "Not": "not all of them"}
