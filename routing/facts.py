"""What a decision is made from: the attributes of every slice of a series, and the facts that no tag gives."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from routing.names import FactName, Keyword, Private, Step, Tag, parse_steps


class Opaque(Enum):
    """A value that is there but cannot be compared: binary data, or a sequence."""

    PRESENT = "(present, no text)"


Scalar = str | int | float | bool | Opaque
Values = tuple[Scalar, ...]


class Prepared(NamedTuple):
    """One value made ready for comparing: folded text, its number if it is one, and the value itself."""

    folded: str | None
    number: float | None
    raw: Scalar


@dataclass(frozen=True)
class Attribute:
    """One attribute over all slices of a series: the different lists of values met, ``()`` where it is missing."""

    distinct: tuple[Values, ...]

    @cached_property
    def prepared(self) -> tuple[tuple[Prepared, ...], ...]:
        """The same values, made ready for comparing once."""
        return tuple(tuple(prepare(value) for value in values) for values in self.distinct)

    @cached_property
    def missing(self) -> bool:
        """Whether no slice has a value."""
        return not any(self.distinct)

    @cached_property
    def shown(self) -> Any:
        """The value as explain shows it: one value, a list when multi-valued, a sentence when slices differ."""
        if self.missing:
            return None
        if len(self.distinct) == 1:
            values = [_show(value) for value in self.distinct[0]]
            return values[0] if len(values) == 1 else values
        some = ["\\".join(str(_show(v)) for v in values) or "(missing)" for values in self.distinct[:5]]
        more = f" and {len(self.distinct) - 5} more" if len(self.distinct) > 5 else ""
        return f"differs between slices: {' | '.join(some)}{more}"


MISSING = Attribute(((),))


class Item(Protocol):
    """One slice, or one item of a sequence: what attributes are read from."""

    def values(self, step: Step) -> Values:
        """Return the values of one element; empty when it is missing or empty."""

    def items(self, step: Step) -> Sequence[Item]:
        """Return the items of one sequence; empty when it is missing or no sequence."""


@dataclass(frozen=True)
class SeriesFacts:
    """The facts of one series: ``slices`` holds every slice, ``named`` what no tag gives (``Slices``, ``Uniform``, …).

    A named fact that is not in ``named`` is missing, as a tag can be.
    """

    slices: tuple[Item, ...]
    named: Mapping[str, Attribute]
    _seen: dict[str, Attribute] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_tags(
        cls,
        tags: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        tag_of: Callable[[str], str | None] | None = None,
    ) -> SeriesFacts:
        """Build from given tags, facts beside them under their names: ``{"Modality": "CT", "Slices": 120}``.

        A list of such objects stands for several slices; facts are taken from the first that gives them.
        ``tag_of`` turns a keyword into ``gggg,eeee``, so that a rule may name by tag what was given by keyword.
        """
        slices = [tags] if isinstance(tags, Mapping) else list(tags)
        named: dict[str, Attribute] = {}
        items = []
        for given in slices:
            for name in FACTS:
                if name in given and name not in named:
                    named[name] = Attribute((_scalars(given[name]),))
            items.append(GivenItem.of({k: v for k, v in given.items() if k not in FACTS}, tag_of or _no_tag))
        return cls(tuple(items), named)

    def attribute(self, name: FactName) -> Attribute:
        """Return the attribute or fact of that name over all slices; MISSING when no slice has it."""
        found = self._seen.get(name.text)
        if found is None:
            found = self._seen[name.text] = self._read(name)
        return found

    def _read(self, name: FactName) -> Attribute:
        if not name.steps:
            return self.named.get(name.text, MISSING)
        return Attribute(tuple(dict.fromkeys(values_at(item, name.steps) for item in self.slices)) or ((),))


def values_at(item: Item, steps: Sequence[Step]) -> Values:
    """All values at the end of a path, over all items of the sequences on the way."""
    items: Sequence[Item] = (item,)
    for step in steps[:-1]:
        items = [inner for outer in items for inner in outer.items(step)]
    if len(items) == 1:
        return items[0].values(steps[-1])
    return tuple(value for inner in items for value in inner.values(steps[-1]))


@dataclass(frozen=True)
class GivenItem:
    """A slice or item given as plain JSON: keys are names as a rule writes them, values scalars, lists or items."""

    elements: Mapping[Step, Any]
    tag_of: Callable[[str], str | None]

    @classmethod
    def of(cls, given: Mapping[str, Any], tag_of: Callable[[str], str | None]) -> GivenItem:
        """Read the keys; one that is not a name of an attribute is kept as a keyword and found by nobody."""
        tree: dict[Step, Any] = {}
        for key, value in given.items():
            try:
                *way, last = (_canonical(step, tag_of) for step in parse_steps(key))
            except ValueError:
                continue
            place = tree
            for step in way:
                inner = place.setdefault(step, [{}])
                if not (isinstance(inner, list) and inner and isinstance(inner[0], dict)):
                    break
                place = inner[0]
            else:
                place[last] = value
        return cls(tree, tag_of)

    def values(self, step: Step) -> Values:
        """Return the values of one element."""
        canonical = _canonical(step, self.tag_of)
        if isinstance(canonical, Private) and canonical.element is None:
            block = (
                k
                for k in self.elements
                if isinstance(k, Private) and (k.group, k.creator) == (canonical.group, canonical.creator)
            )
            return tuple(value for key in block for value in _scalars(self.elements[key]))
        return _scalars(self.elements.get(canonical))

    def items(self, step: Step) -> Sequence[GivenItem]:
        """Return the items of one sequence."""
        value = self.elements.get(_canonical(step, self.tag_of))
        inner = [value] if isinstance(value, Mapping) else value if isinstance(value, list) else []
        return [self._item(one) for one in inner if isinstance(one, Mapping)]

    def _item(self, one: Mapping[Any, Any]) -> GivenItem:
        if all(isinstance(key, str) for key in one):
            return GivenItem.of(one, self.tag_of)
        return GivenItem(one, self.tag_of)


def _no_tag(keyword: str) -> str | None:
    return None


def _canonical(step: Step, tag_of: Callable[[str], str | None]) -> Step:
    if isinstance(step, Keyword) and (tag := tag_of(step.name)) is not None:
        return Tag(tag)
    return step


def _scalars(value: Any) -> Values:
    if value is None:
        return ()
    if isinstance(value, str):
        text = value.strip(" \0")
        return tuple(part.strip(" \0") for part in text.split("\\")) if text else ()
    if isinstance(value, bool | int | float):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple(scalar for one in value for scalar in _scalars(one))
    if isinstance(value, Mapping):
        return (Opaque.PRESENT,) if value else ()
    return (str(value),)


_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)
_AGE = re.compile(r"(\d{3})([DWMY])\Z", re.ASCII)
_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}


def number_of(text: str) -> float | None:
    """Return the number that a text writes (DS, IS; PS3.5 6.2), an age string (AS, ``045Y``) in years, or None."""
    if _DECIMAL.match(text):
        number = float(text)
        return number if math.isfinite(number) else None
    if age := _AGE.match(text):
        return int(age[1]) * _YEARS[age[2]]
    return None


def fold(text: str) -> str:
    """Text without regard to case, padding and the two ways Unicode writes an accented letter."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip(" \0")).casefold())


def prepare(value: Scalar) -> Prepared:
    """Make one value ready for comparing."""
    if isinstance(value, Opaque):
        return Prepared(None, None, value)
    if isinstance(value, bool):
        return Prepared(None, None, value)
    if isinstance(value, int | float):
        return Prepared(str(value), float(value) if math.isfinite(value) else None, value)
    return Prepared(fold(value), number_of(value), value)


# Longer values are cut where people read them.
LONGEST_SHOWN = 200


def _show(value: Scalar) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_SHOWN:
        return value[:LONGEST_SHOWN] + "…"
    return value.value if isinstance(value, Opaque) else value


class Kind(Enum):
    """What values a named fact can have."""

    NUMBER = "a number"
    TEXT = "text"
    FLAG = "true or false"
    TIME = "a time of day, HH:MM"


# Every fact that no tag gives, its kind and what it says. Rules may name these beside DICOM attributes.
FACTS: Mapping[str, tuple[Kind, str]] = {
    "Slices": (Kind.NUMBER, "image slices, localizers not counted"),
    "Localizers": (Kind.NUMBER, "slices that ImageType calls LOCALIZER"),
    "Acquisitions": (Kind.NUMBER, "volumes inside the series: slices that differ in plane, matrix, frame or repeat"),
    "Orientation": (Kind.TEXT, "AXIAL, CORONAL, SAGITTAL or OBLIQUE"),
    "SpacingMm": (Kind.NUMBER, "median distance between slices"),
    "ExtentMm": (Kind.NUMBER, "length covered along the slice normal, thickness included"),
    "ThicknessMm": (Kind.NUMBER, "SliceThickness, or the spacing where that is missing"),
    "Uniform": (Kind.FLAG, "whether all slices are equally far apart and none is missing"),
    "TiltDegrees": (Kind.NUMBER, "gantry tilt: angle between the slice normal and the line of slice positions"),
    "Contrast": (Kind.FLAG, "whether a contrast agent is named"),
    "CallingAet": (Kind.TEXT, "AE title of the sender"),
    "CalledAet": (Kind.TEXT, "AE title that the sender called"),
    "Origin": (Kind.TEXT, "how it came: DicomProtocol, RestApi, Plugins, Lua"),
    "RemoteIp": (Kind.TEXT, "address of the sender"),
    "Weekday": (Kind.TEXT, "local day of arrival: Monday … Sunday"),
    "Time": (Kind.TIME, "local time of arrival"),
    "StudySeries": (Kind.NUMBER, "series in the same study, this one included"),
    "StudyModalities": (Kind.TEXT, "modalities of the series in the same study"),
    "StudyDescriptions": (Kind.TEXT, "descriptions of the other series in the same study"),
    "Anonymized": (Kind.FLAG, "whether Orthanc made the series by anonymizing another"),
    "Modified": (Kind.FLAG, "whether Orthanc made the series by modifying another"),
    "Objection": (Kind.FLAG, "whether the patient objected to the processing"),
    "Veto": (Kind.TEXT, "the reason that the site's Lua gave against contouring"),
}


def named(facts: Mapping[str, Scalar | Iterable[Scalar] | None]) -> dict[str, Attribute]:
    """Facts by name, as attributes; None is left out, an iterable is multi-valued."""
    result = {}
    for name, value in facts.items():
        if value is None:
            continue
        single = isinstance(value, str | bool | int | float | Opaque)
        values = (value,) if single else tuple(value)  # type: ignore[arg-type]
        result[name] = Attribute((values,))  # type: ignore[arg-type]
    return result
