"""Several images of one place in a series: how many, and what they are, named by acquisition parameters alone.

Echoes, b-values, phases of heart and breathing, dynamic contrast, Dixon's water and fat, magnitude and phase: each is a
volume for itself, and only people know which is meant. Attributes: DICOM PS3.3 C.7.6.16.2 (cardiac and respiratory
phase), C.8.3.1 (MR Image), C.8.13.5.9 (diffusion), C.7.6.16.2.2.6 (temporal position), and makers' own b-values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from plugin.facts.parameters import DIRECTION, KERNELS, KINDS, TAKEN_AT, TAKEN_WITH, Parameter
from routing.names import Tag


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
    def count(self) -> str:
        """How many images of a place there are."""
        return f"{self.images} images of each place" if self.regular else f"up to {self.images} images of one place"

    @property
    def refusal(self) -> InputRefused:
        """Why such a series is not contoured where nothing tells its images apart, and what the site can do."""
        return self.refused(
            "Contours need one image of each place: let the wanted ones be sent as a series of their own, or exclude "
            "such series by a rule on Acquisitions."
        )

    def refused(self, advice: str) -> InputRefused:
        """Say why such a series is not contoured, with what the site can do."""
        return InputRefused(SEVERAL_IMAGES, f"{self.count}: {self.words}. {advice} {NO_HELP}.")


def repeats_of(items: Sequence[OrthancItem], planes: Sequence[SlicePlane]) -> Repeats | None:
    """Look for several images of one place among slices on parallel planes, as of one group of ``groups``.

    Returns None when most places have one image: then a slice or two came twice, which is something else.
    """
    places = [[items[index] for index in place] for place in places_of(planes)]
    several = [place for place in places if len(place) > 1]
    if 2 * len(several) <= len(places):
        return None
    counts = [len(place) for place in places]
    return Repeats(max(counts), min(counts), len(places), _words(several))


def places_of(planes: Sequence[SlicePlane]) -> list[list[int]]:
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
    said = [words for one in TAKEN_WITH if (words := _differing(one, several))]
    diffusion = any(words.startswith(_DIFFUSION) for words in said)
    if len({item.values(_DIRECTION) for place in several for item in place} - {()}) > 1:
        said.insert(int(diffusion), "in several directions of diffusion (DiffusionGradientOrientation)")
        diffusion = True
    if image_type := words_that_differ([[KINDS.words(item) for item in place] for place in several]):
        said.append(image_type)
    if _differ(several, KERNELS.of):
        said.append("reconstructions with different kernels (ConvolutionKernel)")
    fullest = max(several, key=len)
    told = len({(*(one.of(item) for one in TAKEN_WITH), KINDS.of(item), KERNELS.of(item)) for item in fullest})
    if not said or not (diffusion or told == len(fullest)):
        said += [words for one in TAKEN_AT if (words := _differing(one, several))][:1]
    if not said and _differ(several, lambda item: item.values(_TIME)):
        said.append("taken one after the other (AcquisitionTime), as in dynamic contrast")
    return "; ".join(said) or _numbered(several)


def _numbered(several: Sequence[Sequence[OrthancItem]]) -> str:
    """Say how images are numbered that no parameter tells apart: as some makers write a series in time."""
    numbers = [item.values(_INSTANCE_NUMBER) for place in several for item in place]
    if len(set(numbers)) == len(numbers):
        return "repeats or points in time, numbered one after the other (InstanceNumber), and alike in all else"
    return "nothing in their headers tells them apart, as when slices come twice under new UIDs"


def _differing(one: Parameter, several: Sequence[Sequence[OrthancItem]]) -> str | None:
    if not _differ(several, one.of):
        return None
    return one.counted(one.of(item) for place in several for item in place)


def _differ(several: Sequence[Sequence[OrthancItem]], key: Callable[[OrthancItem], object]) -> bool:
    """Whether images of one place differ in it, in at least half of the places."""
    return 2 * sum(len({key(item) for item in place}) > 1 for place in several) >= len(several)


_DIFFUSION = "diffusion"
_TIME, _DIRECTION = Tag(tag_of("AcquisitionTime") or ""), Tag(tag_of(DIRECTION) or "")
_INSTANCE_NUMBER = Tag(tag_of("InstanceNumber") or "")
