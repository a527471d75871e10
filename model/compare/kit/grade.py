"""What a tool found in the kit, beside the answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Mark(StrEnum):
    """How one number, or one verdict, was answered."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_GIVEN = "not given"


@dataclass(frozen=True)
class Graded:
    """One answer of a tool: ``wanted`` and ``found`` are numbers, lists of numbers or verdicts."""

    pair: str
    roi: str
    what: str
    wanted: object
    found: object
    mark: Mark


def grade(answers: Mapping[str, Any], results: Mapping[str, Any]) -> Iterator[Graded]:
    """Yield a mark for each answer of the kit; ``results`` has what ``compare --json`` says, by the pair's name."""
    for pair in answers["Pairs"]:
        rows = _rows(results.get(pair["Name"]))
        for roi in pair["Rois"]:
            found = rows.get(roi["Name"], {})
            place = (pair["Name"], roi["Name"])
            verdict = found.get("Verdict")
            yield Graded(*place, "Verdict", roi["Verdict"], verdict, _mark(verdict, verdict == roi["Verdict"]))
            for what, answer in roi["Answers"].items():
                value = found.get(what)
                yield Graded(*place, what, answer["Value"], value, _mark(value, _near(value, answer)))


def _rows(result: object) -> dict[str, Mapping[str, Any]]:
    rois = result.get("Rois") if isinstance(result, Mapping) else None
    rows = [row for row in rois if isinstance(row, Mapping)] if isinstance(rois, list) else []
    return {str(row.get("Name") or row.get("OtherName")): row for row in rows}


def _mark(found: object, right: bool) -> Mark:
    return Mark.NOT_GIVEN if found is None else Mark.RIGHT if right else Mark.WRONG


def _near(found: object, answer: Mapping[str, Any]) -> bool:
    wanted = answer["Value"]
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(_near(one, {**answer, "Value": part}) for one, part in zip(found, wanted, strict=True))
        )
    return isinstance(found, int | float) and abs(found - wanted) <= answer["Within"]
