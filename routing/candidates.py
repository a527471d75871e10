"""Series of one study that match the same rule, and by what the better of two is told: a list of criteria, in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from routing.one_per_study import OnePerStudy

# How far a series has come: all of it is there, the scanner announced more, or it cannot be contoured as it is.
WHOLE, ANNOUNCED, REFUSED = "whole", "announced", "refused"
_STATES = (WHOLE, ANNOUNCED, REFUSED)
# What its images are, the better before the worse.
PLAIN, DERIVED, AVERAGE, CALCULATED, REFORMAT, PROJECTION = (
    *("plain", "derived", "average", "calculated", "reformat", "projection"),
)
IMAGES: Mapping[str, str] = {
    PLAIN: "images as they were scanned",
    DERIVED: "derived images",
    AVERAGE: "an average",
    CALCULATED: "calculated from other images",
    REFORMAT: "a reformat (MPR)",
    PROJECTION: "a projection (MIP, MinIP)",
}
SOFT, SHARP = "soft", "sharp"
# DS is written with few digits, and two reconstructions of one thickness differ in the last of them.
SAME_MM = 0.01


@dataclass(frozen=True, slots=True)
class Candidate:
    """One series that is compared: facts and counts, and no text of it.

    Lengths are in mm. ``low`` and ``high`` are where it begins and ends along the patient's axis from feet to head
    (PS3.3 C.7.6.2.1.1); None where it has no geometry. ``apart`` are digests of what makes series no alternatives.
    """

    series: str
    state: str = WHOLE
    image: str = PLAIN
    orientation: str | None = None
    thickness: float | None = None
    kernel: str | None = None
    contrast: bool | None = None
    extent: float | None = None
    slices: int = 0
    low: float | None = None
    high: float | None = None
    apart: Mapping[str, str] = field(default_factory=dict)


Rank = Callable[[Candidate, OnePerStudy], tuple[float, ...]]
Words = Callable[[Candidate, Candidate, OnePerStudy], str]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing in which series are compared.

    Of two, that with the smaller ``rank`` is better. ``words`` say what the better one is and how the other differs:
    a noun with "the", and after a semicolon the rest of the sentence, or nothing.
    """

    name: str
    rank: Rank
    words: Words


def _state(one: Candidate, wanted: OnePerStudy) -> tuple[float, ...]:
    return (_STATES.index(one.state),)


def _state_words(better: Candidate, other: Candidate, wanted: OnePerStudy) -> str:
    return (
        "the whole one; this one is not" if better.state == WHOLE else "the one that lacks less; this one is not whole"
    )


def _image(one: Candidate, wanted: OnePerStudy) -> tuple[float, ...]:
    return (list(IMAGES).index(one.image),)


def _image_words(better: Candidate, other: Candidate, wanted: OnePerStudy) -> str:
    what = "the plain one" if better.image == PLAIN else "the one closer to what was scanned"
    return f"{what}; this one is {IMAGES[other.image]}"


def _orientation(one: Candidate, wanted: OnePerStudy) -> tuple[float, ...]:
    return (float(wanted.orientation is not None and one.orientation != wanted.orientation),)


def _orientation_words(better: Candidate, other: Candidate, wanted: OnePerStudy) -> str:
    return f"the {wanted.orientation} one; this one is {other.orientation or 'of unknown orientation'}"


def _thickness(one: Candidate, wanted: OnePerStudy) -> tuple[float, ...]:
    if one.thickness is None:
        return (2.0, 0.0)
    thickness = round(one.thickness / SAME_MM) * SAME_MM
    if wanted.thickness is not None:
        return (0.0, round(abs(thickness - wanted.thickness), 3))
    if thickness >= wanted.at_least - SAME_MM:
        return (0.0, round(thickness, 3))
    return (1.0, round(-thickness, 3))


def _thickness_words(better: Candidate, other: Candidate, wanted: OnePerStudy) -> str:
    if other.thickness is None or better.thickness is None:
        return "the one whose thickness is known; that of this one is not"
    sizes = f"it has {better.thickness:g} mm, this one {other.thickness:g} mm"
    if wanted.thickness is not None:
        return f"the one closer to {wanted.thickness:g} mm; {sizes}"
    if better.thickness < other.thickness:
        return f"the thinner one; {sizes}"
    return f"the thicker one; {sizes}, and less than {wanted.at_least:g} mm is too thin (AtLeast)"


def _kernel(one: Candidate, wanted: OnePerStudy) -> tuple[float, ...]:
    if wanted.kernel == "any":
        return (0.0,)
    return (0.0 if one.kernel == wanted.kernel else 1.0 if one.kernel is None else 2.0,)


def _kernel_words(better: Candidate, other: Candidate, wanted: OnePerStudy) -> str:
    of_other = f"is {other.kernel}" if other.kernel is not None else "is of no known kind"
    if better.kernel is None:
        return f"the one whose kernel is of no known kind; that of this one {of_other}"
    return f"the one with the {better.kernel} kernel; that of this one {of_other}"


def _contrast(one: Candidate, wanted: OnePerStudy) -> tuple[float, ...]:
    return (float(wanted.contrast is not None and bool(one.contrast) != wanted.contrast),)


def _contrast_words(better: Candidate, other: Candidate, wanted: OnePerStudy) -> str:
    return f"the one {'with' if wanted.contrast else 'without'} contrast agent; this one is not so"


def _extent(one: Candidate, wanted: OnePerStudy) -> tuple[float, ...]:
    return (math.inf if one.extent is None else -round(one.extent),)


def _extent_words(better: Candidate, other: Candidate, wanted: OnePerStudy) -> str:
    if better.extent is None or other.extent is None:
        return "the one whose extent is known; that of this one is not"
    return f"the longer one; it covers {better.extent:.0f} mm, this one {other.extent:.0f} mm"


def _slices(one: Candidate, wanted: OnePerStudy) -> tuple[float, ...]:
    return (-one.slices,)


def _slices_words(better: Candidate, other: Candidate, wanted: OnePerStudy) -> str:
    return f"the one with more slices; it has {better.slices}, this one {other.slices}"


CRITERIA: tuple[Criterion, ...] = (
    Criterion("Whole", _state, _state_words),
    Criterion("Image", _image, _image_words),
    Criterion("Orientation", _orientation, _orientation_words),
    Criterion("Thickness", _thickness, _thickness_words),
    Criterion("Kernel", _kernel, _kernel_words),
    Criterion("Contrast", _contrast, _contrast_words),
    Criterion("Extent", _extent, _extent_words),
    Criterion("Slices", _slices, _slices_words),
)
# The last one, in which no two series are alike: Orthanc's id is made from UIDs, and the same wherever it is stored.
TIE = "OrthancId"
TIE_WORDS = "another one that is alike in all that is compared; its Orthanc id comes first"
