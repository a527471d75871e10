"""``Pick``: which of several images of one place is contoured, as a site writes it; pure, and checked word by word.

``{"EchoTime": "shortest"}``, ``{"DiffusionBValue": 0}``, ``{"ImageType": "W"}``, several keys one after the other, or
the word ``"largest"``: the volume with most slices. Attributes: DICOM PS3.3 C.7.6.1.1.2 (ImageType), C.7.6.16.2.2
(temporal position, phases), C.8.3.1 (MR Image), C.8.13.5.9 (diffusion).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from routing.expected import Mistake, wrong
from routing.facts import FACTS, number_of
from routing.names import Keyword, Step, parse_steps
from routing.problems import Problem, nearest, one_of, shown

# As a site writes it, and as a job keeps it.
Wanted = float | int | str
WrittenPick = Mapping[str, Wanted] | str

# The volume with most slices, whatever tells it apart.
LARGEST = "largest"
# Slices that have no value, such as the average beside the phases of breathing.
MISSING = "missing"
_DURATION = {"shortest": False, "longest": True}
_SIZE = {"smallest": False, "largest": True}
_ORDER = {"first": False, "last": True}
# Words for the least (False) or the greatest (True) value, for each attribute that is a number.
_NUMBERS: Mapping[str, Mapping[str, bool]] = {
    "EchoTime": _DURATION,
    "EffectiveEchoTime": _DURATION,
    "RepetitionTime": _DURATION,
    "InversionTime": _DURATION,
    "TriggerTime": _ORDER | _DURATION,
    "DiffusionBValue": _SIZE,
    "FlipAngle": _SIZE,
    "SliceThickness": _SIZE,
    "NominalPercentageOfCardiacPhase": _ORDER | _SIZE,
    "NominalPercentageOfRespiratoryPhase": _ORDER | _SIZE,
    "TemporalPositionIdentifier": _ORDER,
    "TemporalPositionIndex": _ORDER,
    "EchoNumbers": _ORDER,
    "AcquisitionNumber": _ORDER,
    "InstanceNumber": _ORDER,
    "AcquisitionTime": _ORDER,
    "AcquisitionDateTime": _ORDER,
    "ContentTime": _ORDER,
}
# Attributes whose values are words of their own.
_WORDS = ("ImageType", "ComplexImageComponent", "ConvolutionKernel", "DiffusionDirectionality", "ScanOptions")
_EXTREMES = _DURATION | _SIZE | _ORDER


@dataclass(frozen=True, slots=True)
class Criterion:
    """One key of a Pick: the attribute, and the number, the word, or the end of its values that is wanted.

    ``greatest`` is None but for a word such as ``"shortest"``; ``missing`` wants slices without a value.
    """

    attribute: str
    step: Step
    wanted: Wanted
    number: float | None = None
    greatest: bool | None = None
    missing: bool = False

    @property
    def words(self) -> str:
        """The criterion as a sentence shows it."""
        return f"{self.attribute} = {self.wanted}"


@dataclass(frozen=True, slots=True)
class Pick:
    """What is wanted: criteria in their order; with none, the volume with most slices."""

    criteria: tuple[Criterion, ...] = ()

    @property
    def words(self) -> str:
        """The Pick as a sentence shows it."""
        return ", then ".join(one.words for one in self.criteria) or LARGEST


def read_pick(data: Any, keywords: Collection[str] | None, path: str) -> tuple[Pick | None, list[Problem]]:
    """Read a Pick as a site writes it; None, and problems with their paths, when something is wrong.

    ``keywords`` as in routing.rules.read_rules.
    """
    if isinstance(data, str):
        if data == LARGEST:
            return Pick(), []
        return None, [Problem(path, shown(data), _FORM, nearest(data, (LARGEST,)))]
    if not isinstance(data, Mapping) or not data:
        return None, [Problem(path, "an empty object" if data == {} else shown(data), _FORM)]
    criteria, problems = [], []
    for key, value in data.items():
        try:
            criteria.append(_criterion(str(key), value, keywords, f"{path}.{key}"))
        except Mistake as mistake:
            problems.append(mistake.problem)
    return (None, problems) if problems else (Pick(tuple(criteria)), [])


def pick_of(written: WrittenPick | None) -> Pick | None:
    """Return a Pick that was checked when it was read; None stays None. Raises ValueError for any other."""
    if written is None:
        return None
    pick, problems = read_pick(written, None, "Pick")
    if pick is None:
        raise ValueError("; ".join(str(problem) for problem in problems))
    return pick


def written_pick(data: WrittenPick | None) -> dict[str, Wanted] | str | None:
    """Return a Pick in the shape of the REST API."""
    return data if data is None or isinstance(data, str) else dict(data)


_FORM = f'an object such as {{"EchoTime": "shortest"}}, or "{LARGEST}"'


def _criterion(key: str, value: Any, keywords: Collection[str] | None, where: str) -> Criterion:
    step = _step(key, keywords, where)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        wrong(where, shown(value), _allowed(key))
    if isinstance(value, str):
        return _of_text(key, step, value.strip(), where)
    if not math.isfinite(value) or key in _WORDS:
        wrong(where, shown(value), _allowed(key))
    return Criterion(key, step, value, number=float(value))


def _of_text(key: str, step: Step, value: str, where: str) -> Criterion:
    if not value:
        wrong(where, "empty text", _allowed(key))
    word = value.casefold()
    if word == MISSING:
        return Criterion(key, step, MISSING, missing=True)
    ends = _NUMBERS.get(key, {} if key in _WORDS else _EXTREMES)
    if word in ends:
        return Criterion(key, step, word, greatest=ends[word])
    number = number_of(value)
    if key in _NUMBERS and number is None:
        wrong(where, shown(value), _allowed(key), nearest(value, (*ends, MISSING)))
    if key in _WORDS and word in _EXTREMES:
        wrong(where, shown(value), _allowed(key))
    return Criterion(key, step, value, number=None if key in _WORDS else number)


def _allowed(key: str) -> str:
    if key in _WORDS:
        example = '"W"' if key == "ImageType" else "one of its values"
        return f'a word of {key}, such as {example}, or "{MISSING}"'
    ends = _NUMBERS.get(key, _EXTREMES)
    text = "" if key in _NUMBERS else "text, "
    return f"a number, {text}{one_of([*ends, MISSING])}"


def _step(key: str, keywords: Collection[str] | None, where: str) -> Step:
    if key in FACTS:
        wrong(where, f"the fact {key!r}", "an attribute of the slices")
    try:
        steps = parse_steps(key)
    except ValueError as error:
        wrong(where, shown(key), f"a DICOM keyword or tag: {error}", nearest(key, _NUMBERS))
    if len(steps) > 1:
        wrong(where, shown(key), "an attribute of the slices themselves, and no path")
    (step,) = steps
    if isinstance(step, Keyword) and keywords is not None and step.name not in keywords:
        guess = nearest(key, (*_NUMBERS, *_WORDS)) or nearest(key, keywords)
        wrong(where, f"the unknown keyword {key!r}", "a DICOM keyword or a tag", guess)
    return step
