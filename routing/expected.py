"""What a condition expects, from the site's JSON to tests on a value; raises Mistake with the place of the error."""

from __future__ import annotations

import math
import re
from typing import Any, NoReturn

from routing.conditions import (
    EqualFlag,
    EqualNumber,
    EqualText,
    OneOf,
    Range,
    Searched,
    Test,
    TimeRange,
    Wildcard,
    plain_number,
)
from routing.facts import FACTS, Kind, fold, number_of
from routing.hours import WEEKDAYS
from routing.patterns import compile_pattern
from routing.problems import Problem, nearest, one_of, shown

TESTS = ("Pattern", "Min", "Max", "Exists")
# Facts with few possible words, so that a misspelt one is refused instead of never matching.
WORDS = {
    "Orientation": ("AXIAL", "CORONAL", "SAGITTAL", "OBLIQUE"),
    "Weekday": WEEKDAYS,
    "Origin": ("DicomProtocol", "RestApi", "Plugins", "Lua", "WebDav", "Unknown"),
}
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")


class Mistake(Exception):
    """Something in the configuration that is wrong."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def wrong(where: str, found: str, allowed: str, guess: str | None = None) -> NoReturn:
    """Raise Mistake for the key at ``where``."""
    raise Mistake(Problem(where, found, allowed, guess))


def read_expected(key: str, value: Any, where: str) -> tuple[tuple[Test, ...], bool | None]:
    """Return the tests of one condition, and what ``Exists`` says; raises Mistake."""
    kind = FACTS[key][0] if key in FACTS else None
    if isinstance(value, dict):
        return _read_object(value, kind, where)
    if isinstance(value, list):
        if not value:
            wrong(where, "an empty list", "at least one value")
        return (OneOf(tuple(_equal(key, kind, one, f"{where}[{n}]") for n, one in enumerate(value))),), None
    return (_equal(key, kind, value, where),), None


def _read_object(value: dict[str, Any], kind: Kind | None, where: str) -> tuple[tuple[Test, ...], bool | None]:
    if not value:
        wrong(where, "an empty object", one_of(TESTS))
    for key in value:
        if key not in TESTS:
            wrong(f"{where}.{key}", f"the unknown key {key!r}", one_of(TESTS), nearest(key, TESTS))
    exists = value.get("Exists")
    if "Exists" in value and not isinstance(exists, bool):
        wrong(f"{where}.Exists", shown(exists), "true or false")
    if exists is False and len(value) > 1:
        wrong(where, "Exists false beside another test", "Exists false alone")
    tests: list[Test] = []
    if "Pattern" in value:
        if kind in (Kind.NUMBER, Kind.FLAG):
            wrong(f"{where}.Pattern", shown(value["Pattern"]), f"{kind.value}, as this fact is not text")
        try:
            tests.append(Searched(compile_pattern(value["Pattern"])))
        except ValueError as error:
            wrong(f"{where}.Pattern", shown(value["Pattern"]), str(error))
    if "Min" in value or "Max" in value:
        tests.append(_time_range(value, where) if kind is Kind.TIME else _range(value, kind, where))
    return tuple(tests), exists


def _range(value: dict[str, Any], kind: Kind | None, where: str) -> Range:
    if kind in (Kind.FLAG, Kind.TEXT):
        wrong(where, "a range", f"{kind.value}, as this fact is not a number")
    ends = []
    for key, default in (("Min", -math.inf), ("Max", math.inf)):
        end = value.get(key, default)
        number = number_of(end.strip()) if isinstance(end, str) else end
        if isinstance(end, bool) or not isinstance(number, int | float) or math.isnan(number):
            wrong(f"{where}.{key}", shown(end), "a number")
        ends.append(float(number))
    if ends[0] > ends[1]:
        wrong(where, "Min above Max", "Min not above Max")
    return Range(*ends)


def _time_range(value: dict[str, Any], where: str) -> TimeRange:
    ends = [value.get("Min", "00:00"), value.get("Max", "23:59")]
    for key, end in zip(("Min", "Max"), ends, strict=True):
        if not isinstance(end, str) or not _TIME.match(end):
            wrong(f"{where}.{key}", shown(end), Kind.TIME.value)
    return TimeRange(*ends)


def _equal(key: str, kind: Kind | None, value: Any, where: str) -> Test:
    if isinstance(value, bool):
        if kind is not Kind.FLAG:
            allowed = "text, a number, a list of them, or an object; only some facts are true or false"
            wrong(where, shown(value), kind.value if kind else allowed)
        return EqualFlag(value)
    if kind is Kind.FLAG:
        wrong(where, shown(value), kind.value)
    if isinstance(value, int | float):
        if kind in (Kind.TIME, Kind.TEXT) or not math.isfinite(value):
            wrong(where, shown(value), kind.value if kind else Kind.NUMBER.value)
        return EqualNumber(float(value))
    if not isinstance(value, str):
        wrong(where, shown(value), f"text, a number, a list of them, or an object with {one_of(TESTS)}")
    return _equal_text(key, kind, value, where)


def _equal_text(key: str, kind: Kind | None, value: str, where: str) -> Test:
    if not fold(value):
        wrong(where, "empty text", 'text; a missing or empty value is {"Exists": false}')
    if kind is Kind.NUMBER and number_of(value.strip()) is None:
        wrong(where, shown(value), kind.value)
    if kind is Kind.TIME and not _TIME.match(value):
        wrong(where, shown(value), kind.value)
    if "*" in value or "?" in value:
        return Wildcard(wildcard(value))
    return _word(key, value, where) if key in WORDS else equal_text(value)


def _word(key: str, value: str, where: str) -> EqualText:
    wanted = fold(value)
    for word in WORDS[key]:
        if wanted == fold(word) or (key == "Weekday" and wanted == fold(word[:3])):
            return EqualText(fold(word), None)
    wrong(where, shown(value), one_of(WORDS[key]), nearest(value, WORDS[key]))


def equal_text(value: str) -> EqualText:
    """Text to be equal to; the number too where the text is plainly one, as ``007`` is not."""
    folded = fold(value)
    return EqualText(folded, number_of(value.strip()) if plain_number(folded) else None)


def wildcard(value: str) -> re.Pattern[str]:
    """``*`` and ``?`` as in a C-FIND (DICOM PS3.4 C.2.2.2.4); everything else as it stands."""
    signs = {"*": ".*", "?": "."}
    text = re.sub(r"\*+", "*", fold(value))
    return re.compile("".join(signs.get(char, re.escape(char)) for char in text), re.DOTALL)
