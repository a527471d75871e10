"""Several images of one place in a series: how many, and what they are, named by acquisition parameters alone.

Echoes, b-values, phases of heart and breathing, dynamic contrast, Dixon's water and fat, magnitude and phase: each is a
volume for itself, and only people know which is meant. Attributes: DICOM PS3.3 C.7.6.16.2 (cardiac and respiratory
phase), C.8.3.1 (MR Image), C.8.13.5.9 (diffusion), C.7.6.16.2.2.6 (temporal position), and makers' own b-values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from model.errors import InputRefused
from model.series.geometry import SAME_POSITION_MM, SlicePlane
from model.series.refusals import NO_HELP
from plugin.facts.dictionary import tag_of
from plugin.facts.image_words import words_that_differ
from plugin.facts.kinds import SEVERAL_IMAGES
from plugin.facts.orthanc_item import OrthancItem
from routing.facts import number_of
from routing.names import Private, Step, Tag

# Numbers that a message lists; more are given as a range.
_LISTED = 4
# Makers' own elements for the b-value, from their conformance statements.
_B_VALUES: tuple[Private, ...] = (
    Private("0019", "0c", "SIEMENS MR HEADER"),
    Private("0043", "39", "GEMS_PARM_01"),
    Private("2001", "03", "Philips Imaging DD 001"),
    Private("0065", "09", "Image Private Header"),
)
# GE writes 1,000,001,000 for b = 1000.
_GE_OFFSET = 100_000


@dataclass(frozen=True, slots=True)
class Repeats:
    """``places`` that have up to ``images`` images each, and ``fewest`` at least; ``words`` say what they are."""

    images: int
    fewest: int
    places: int
    words: str

    @property
    def regular(self) -> bool:
        """Whether every place has as many."""
        return self.images == self.fewest

    @property
    def refusal(self) -> InputRefused:
        """Why such a series is not contoured, and what the site can do."""
        count = f"{self.images} images of each place" if self.regular else f"up to {self.images} images of one place"
        return InputRefused(
            SEVERAL_IMAGES,
            f"{count}: {self.words}. Contours need one image of each place: let the wanted ones be sent as a series of "
            f"their own, or exclude such series by a rule on Acquisitions. {NO_HELP}.",
        )


@dataclass(frozen=True, slots=True)
class _Parameter:
    """Numbers that tell images apart: how they are called, with which unit, and the largest that is plausible."""

    name: str
    keyword: str
    largest: float
    unit: str = ""
    read: Callable[[OrthancItem], float | None] | None = None

    def of(self, item: OrthancItem) -> float | None:
        if self.read is not None:
            return self.read(item)
        return _number(item, Tag(tag_of(self.keyword) or ""))

    def words(self, found: Iterable[float | None]) -> str:
        """Say the values that were found; those that are no numbers, or none of this parameter, are only counted."""
        different = set(found)
        numbers = sorted(value for value in different if value is not None)
        if not numbers or numbers[0] < 0 or numbers[-1] > self.largest:
            return f"{self.name}, {len(different)} values of {self.keyword}"
        name = "b" if self.keyword == "DiffusionBValue" else self.keyword
        listed = [f"{number:g}" for number in numbers]
        many = len(listed) > _LISTED
        said = f"{listed[0]} to {listed[-1]}" if many else _list(listed)
        more = (f" ({len(listed)} values)" if many else "") + (" or none" if None in different else "")
        return f"{self.name}, {name} = {said}{self.unit}{more}"


def repeats_of(items: Sequence[OrthancItem], planes: Sequence[SlicePlane]) -> Repeats | None:
    """Look for several images of one place among slices on parallel planes, as of one group of ``groups``.

    Returns None when most places have one image: then a slice or two came twice, which is something else.
    """
    places = [[items[index] for index in place] for place in _places(planes)]
    several = [place for place in places if len(place) > 1]
    if 2 * len(several) <= len(places):
        return None
    counts = [len(place) for place in places]
    return Repeats(max(counts), min(counts), len(places), _words(several))


def _places(planes: Sequence[SlicePlane]) -> list[list[int]]:
    """Return the indices of the planes at each place along their normal."""
    if not planes:
        return []
    directions = np.array([(plane.row_direction, plane.column_direction) for plane in planes], dtype=np.float64)
    row, column = np.median(directions, axis=0)
    offsets = np.array([plane.position for plane in planes], dtype=np.float64) @ np.cross(row, column)
    order = [int(index) for index in np.argsort(offsets, kind="stable")]
    found = [[order[0]]]
    for before, after in pairwise(order):
        if offsets[after] - offsets[before] < SAME_POSITION_MM:
            found[-1].append(after)
        else:
            found.append([after])
    return found


def _words(several: Sequence[Sequence[OrthancItem]]) -> str:
    """Say what the images of one place are: by what they were taken with, and else by when."""
    said = [words for one in _TAKEN_WITH if (words := _differing(one, several))]
    diffusion = any(words.startswith(_DIFFUSION) for words in said)
    if len({item.values(_DIRECTION) for place in several for item in place} - {()}) > 1:
        said.insert(int(diffusion), "in several directions of diffusion (DiffusionGradientOrientation)")
        diffusion = True
    if image_type := words_that_differ([[_image_type(item) for item in place] for place in several]):
        said.append(image_type)
    if len({item.values(_KERNEL) for place in several for item in place}) > 1 and _differ(several, _kernel):
        said.append("reconstructions with different kernels (ConvolutionKernel)")
    fullest = max(several, key=len)
    told = len({(*(one.of(item) for one in _TAKEN_WITH), *_image_type(item), *_kernel(item)) for item in fullest})
    if not said or not (diffusion or told == len(fullest)):
        said += [words for one in _TAKEN_AT if (words := _differing(one, several))][:1]
    if not said and _differ(several, lambda item: item.values(_TIME)):
        said.append("taken one after the other (AcquisitionTime), as in dynamic contrast")
    return "; ".join(said) or _numbered(several)


def _numbered(several: Sequence[Sequence[OrthancItem]]) -> str:
    """Say how images are numbered that no parameter tells apart: as some makers write a series in time."""
    numbers = [item.values(_INSTANCE_NUMBER) for place in several for item in place]
    if len(set(numbers)) == len(numbers):
        return "repeats or points in time, numbered one after the other (InstanceNumber), and alike in all else"
    return "nothing in their headers tells them apart, as when slices come twice under new UIDs"


def _differing(one: _Parameter, several: Sequence[Sequence[OrthancItem]]) -> str | None:
    if not _differ(several, one.of):
        return None
    return one.words(one.of(item) for place in several for item in place)


def _differ(several: Sequence[Sequence[OrthancItem]], key: Callable[[OrthancItem], object]) -> bool:
    """Whether images of one place differ in it, in at least half of the places."""
    return 2 * sum(len({key(item) for item in place}) > 1 for place in several) >= len(several)


def _number(item: OrthancItem, step: Step) -> float | None:
    values = item.values(step)
    return number_of(values[0]) if values and isinstance(values[0], str) else None


def _b_value(item: OrthancItem) -> float | None:
    value = _number(item, Tag(tag_of("DiffusionBValue") or ""))
    for step in _B_VALUES if value is None else ():
        value = _number(item, step)
        if value is not None:
            return value % _GE_OFFSET if step.creator == "GEMS_PARM_01" else value
    return value


def _image_type(item: OrthancItem) -> tuple[str, ...]:
    return tuple(str(value).strip().upper() for value in item.values(Tag(tag_of("ImageType") or "")))


def _kernel(item: OrthancItem) -> tuple[object, ...]:
    return item.values(_KERNEL)


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


_DIFFUSION = "diffusion"
_KERNEL, _TIME, _DIRECTION = (
    *(Tag(tag_of("ConvolutionKernel") or ""), Tag(tag_of("AcquisitionTime") or "")),
    Tag(tag_of("DiffusionGradientOrientation") or ""),
)
_INSTANCE_NUMBER = Tag(tag_of("InstanceNumber") or "")
_TAKEN_WITH = (
    _Parameter(_DIFFUSION, "DiffusionBValue", 50_000, read=_b_value),
    _Parameter("echoes", "EchoTime", 5_000, " ms"),
    _Parameter("inversions", "InversionTime", 20_000, " ms"),
    _Parameter("flip angles", "FlipAngle", 360, "°"),
    _Parameter("reconstructions of different thickness", "SliceThickness", 100, " mm"),
)
_TAKEN_AT = (
    _Parameter("phases of breathing", "NominalPercentageOfRespiratoryPhase", 100, " %"),
    _Parameter("phases of the heart", "NominalPercentageOfCardiacPhase", 100, " %"),
    _Parameter("phases or points in time", "TriggerTime", 1_000_000, " ms"),
    _Parameter("phases or points in time", "TemporalPositionIdentifier", 10_000),
    _Parameter("echoes", "EchoNumbers", 1_000),
    _Parameter("acquisitions (phases, or points in time)", "AcquisitionNumber", 10_000),
)
