"""What images of one place are told apart by: acquisition parameters, read alike from standard and makers' elements.

Attributes: DICOM PS3.3 C.7.6.16.2.2 (cardiac and respiratory phase, temporal position), C.8.3.1 (MR Image), C.8.13.5.9
(diffusion), C.7.6.1.1.2 (ImageType). A value is said only where it is a plausible number or a word that we know:
whatever else stands in a header could be text of a person.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from plugin.facts.dictionary import tag_of
from plugin.facts.image_words import kind_of_result, meanings_of
from plugin.facts.orthanc_item import OrthancItem
from routing.facts import number_of
from routing.names import Keyword, Private, Step, Tag

# A number; words or a direction as they are written; None where the attribute is missing or empty.
Value = float | tuple[str, ...] | None

# Makers' own elements for the b-value, from their conformance statements.
_B_VALUES: tuple[Private, ...] = (
    Private("0019", "0c", "SIEMENS MR HEADER"),
    Private("0043", "39", "GEMS_PARM_01"),
    Private("2001", "03", "Philips Imaging DD 001"),
    Private("0065", "09", "Image Private Header"),
)
# GE writes 1,000,001,000 for b = 1000.
_GE_OFFSET = 100_000
# Kernels as makers name them (B30f, Br40, FC08, YA, STANDARD): short, so that no text of a person is one.
_KERNEL = re.compile(r"[A-Za-z]{1,3}\d{2,3}[A-Za-z]?(\\\d)?|STANDARD|STND|SOFT|LUNG|BONE|BONEPLUS|DETAIL|CHEST|EDGE")
# Values that are the same as written by two programs, of a number with six digits.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Parameter:
    """An attribute that tells images apart; ``name`` is what people call such images, ``label`` stands in short names.

    ``largest`` is the largest number that is plausible; None where values are words.
    """

    name: str
    keyword: str
    label: str
    largest: float | None = None
    unit: str = ""

    def of(self, item: OrthancItem) -> Value:
        """Return its value in one slice."""
        if self.largest is not None:
            number = number_at(item, Keyword(self.keyword))
            return None if number is None else float(f"{number:.{_DIGITS}g}")
        words = tuple(str(value).strip().upper() for value in item.values(_tag(self.keyword)))
        if self.keyword == IMAGE_TYPE and (kind := kind_of_result(words, texts_of(item))) is not None:
            words = (*words, kind.upper())
        return words or None

    def words(self, item: OrthancItem) -> tuple[str, ...]:
        """Return its value in one slice where values are words; none where it is missing."""
        value = self.of(item)
        return value if isinstance(value, tuple) else ()

    def plausible(self, value: Value) -> bool:
        """Whether a value may be said: a number that can be one, or words that are known."""
        if self.largest is not None:
            return isinstance(value, float) and 0 <= value <= self.largest
        if self.keyword == "ConvolutionKernel":
            return isinstance(value, tuple) and bool(_KERNEL.fullmatch("\\".join(value)))
        return isinstance(value, tuple) and value in _SAID.get(self.keyword, ())

    def counted(self, found: Iterable[Value]) -> str:
        """Say the values of images of one place; those that may not be said are only counted."""
        different = set(found)
        numbers = sorted(value for value in different if isinstance(value, float))
        if not numbers or not self.plausible(numbers[0]) or not self.plausible(numbers[-1]):
            return f"{self.name}, {len(different)} values of {self.keyword}"
        listed = [f"{number:g}" for number in numbers]
        many = len(listed) > _LISTED
        said = f"{listed[0]} to {listed[-1]}" if many else in_words(listed)
        more = (f" ({len(listed)} values)" if many else "") + (" or none" if None in different else "")
        return f"{self.name}, {self.short} = {said}{self.unit}{more}"

    @property
    def short(self) -> str:
        """What stands before its value."""
        return "b" if self.keyword == B_VALUE else self.keyword


# Numbers that a message lists; more are given as a range.
_LISTED = 4
# The defined terms of attributes whose values are words (PS3.3 C.8.13.3.1.1 and C.8.13.5.9).
_SAID: Mapping[str, Collection[tuple[str, ...]]] = {
    "ComplexImageComponent": {("MAGNITUDE",), ("PHASE",), ("REAL",), ("IMAGINARY",), ("MIXED",)},
    "DiffusionDirectionality": {("DIRECTIONAL",), ("BMATRIX",), ("ISOTROPIC",), ("NONE",)},
}
B_VALUE, DIRECTION, IMAGE_TYPE = "DiffusionBValue", "DiffusionGradientOrientation", "ImageType"
TAKEN_WITH = (
    Parameter("diffusion", B_VALUE, "b", 50_000),
    Parameter("echoes", "EchoTime", "TE", 5_000, " ms"),
    Parameter("inversions", "InversionTime", "TI", 20_000, " ms"),
    Parameter("flip angles", "FlipAngle", "flip", 360, "°"),
    Parameter("reconstructions of different thickness", "SliceThickness", "thick", 100, " mm"),
)
TAKEN_AT = (
    Parameter("phases of breathing", "NominalPercentageOfRespiratoryPhase", "phase", 100, " %"),
    Parameter("phases of the heart", "NominalPercentageOfCardiacPhase", "phase", 100, " %"),
    Parameter("phases or points in time", "TriggerTime", "trigger", 1_000_000, " ms"),
    Parameter("phases or points in time", "TemporalPositionIdentifier", "time", 10_000),
    Parameter("echoes", "EchoNumbers", "echo", 1_000),
    Parameter("acquisitions (phases, or points in time)", "AcquisitionNumber", "acq", 10_000),
    Parameter("stacks", "StackID", "stack", 10_000),
)
KINDS = Parameter("kinds of image", IMAGE_TYPE, "kind")
DIRECTIONS = Parameter("directions of diffusion", DIRECTION, "direction")
KERNELS = Parameter("reconstructions with different kernels", "ConvolutionKernel", "kernel")
COMPONENTS = Parameter("magnitude, phase, real or imaginary part", "ComplexImageComponent", "part")
DIRECTIONALITIES = Parameter("directional or not", "DiffusionDirectionality", "diffusion")
# In the order in which they are tried.
PARAMETERS = (*(KINDS, TAKEN_WITH[0], DIRECTIONALITIES, DIRECTIONS, *TAKEN_WITH[1:], COMPONENTS, KERNELS, *TAKEN_AT),)
# Points in time that differ from slice to slice: only their order at each place tells.
TIMES = ("TriggerTime", "AcquisitionTime", "AcquisitionDateTime", "ContentTime")


def number_at(item: OrthancItem, step: Step) -> float | None:
    """Return the number of one attribute of a slice; of DiffusionBValue also that of the makers' own elements."""
    if step in (Keyword(B_VALUE), _tag(B_VALUE)):
        return _b_value(item)
    return _number(item, step)


def moment_at(item: OrthancItem, step: Step) -> float | None:
    """Return what orders points in time; of AcquisitionTime and ContentTime with their date, in seconds."""
    beside = {_tag(time).tag: _tag(day) for time, day in _DAY_OF.items()}
    tag = _tag(step.name) if isinstance(step, Keyword) else step
    number = number_at(item, step)
    if number is None or not isinstance(tag, Tag) or tag.tag not in beside:
        return number
    days = _days(item.text(beside[tag.tag].tag).strip(" \0"))
    hours, rest = divmod(number, 10_000)
    minutes, seconds = divmod(rest, 100)
    return days * 86_400 + hours * 3_600 + minutes * 60 + seconds


def texts_of(item: OrthancItem) -> str:
    """Return the descriptions in which people say what was reckoned of a volume; never to be repeated."""
    return " ".join(item.text(tag) for tag in _DESCRIPTIONS)


def kinds_of(values: Sequence[Value]) -> dict[Value, tuple[str, ...]]:
    """Return what ImageType calls each of several kinds of image: meanings that not all of them share."""
    words = [set(value) if isinstance(value, tuple) else set() for value in values]
    shared = set.intersection(*words) if words else set()
    return {value: meanings_of(one - shared) for value, one in zip(values, words, strict=True)}


def in_words(words: Sequence[str]) -> str:
    """List words: one, one and another, or with commas between."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _tag(keyword: str) -> Tag:
    return Tag(tag_of(keyword) or "")


def _number(item: OrthancItem, step: Step) -> float | None:
    values = item.values(step)
    return number_of(values[0]) if values and isinstance(values[0], str) else None


def _b_value(item: OrthancItem) -> float | None:
    value = _number(item, _tag(B_VALUE))
    for step in _B_VALUES if value is None else ():
        value = _number(item, step)
        if value is not None:
            return value % _GE_OFFSET if step.creator == "GEMS_PARM_01" else value
    return value


def _days(text: str) -> int:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])).toordinal()
    except ValueError:
        return 0


_DAY_OF = {"AcquisitionTime": "AcquisitionDate", "ContentTime": "ContentDate"}
_DESCRIPTIONS = tuple(_tag(keyword).tag for keyword in ("DerivationDescription", "SeriesDescription"))
