"""Words of ImageType that tell images of one place apart, as people call them (DICOM PS3.3 C.7.6.1.1.2, C.8.3.1.1.1).

Only words of this table are ever repeated: whatever else stands in ImageType is counted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

_MEANINGS: Mapping[str, tuple[str, ...]] = {
    "water": ("W", "WATER"),
    "fat": ("F", "FAT"),
    "in phase": ("IP", "IN", "IN_PHASE", "INPHASE"),
    "opposed phase": ("OP", "OPP", "OPP_PHASE", "OUT_PHASE", "OUTPHASE", "OUT"),
    "magnitude": ("M", "MAGNITUDE", "M_FFE", "M_SE", "M_IR"),
    "phase": ("P", "PHASE", "PHASE MAP", "P_FFE", "P_SE", "P_IR"),
    "real": ("R", "REAL", "R_FFE", "R_SE", "R_IR"),
    "imaginary": ("I", "IMAGINARY", "I_FFE", "I_SE", "I_IR"),
    "trace": ("TRACEW", "TRACE"),
    "apparent diffusion coefficient": ("ADC",),
    "average": ("AVERAGE", "AVG", "MEAN"),
    "maximum": ("MIP", "MAXIP", "MAX_IP", "MAXIMUM"),
    "minimum": ("MINIP", "MIN_IP", "MIN IP", "MINIMUM"),
}
_CALLED = {word: meaning for meaning, words in _MEANINGS.items() for word in words}
# What is reckoned from the phases of breathing, as descriptions say it.
_RESULTS: Mapping[str, re.Pattern[str]] = {
    "minimum": re.compile(r"\b(min[ _-]?ip|minimum)\b", re.IGNORECASE),
    "maximum": re.compile(r"\b(mip|max[ _-]?ip|maximum)\b", re.IGNORECASE),
    "average": re.compile(r"\b(average|avg|ave|mean|aip)\b", re.IGNORECASE),
}
# Kinds on which nobody contours where the image itself lies beside them.
NOT_FOR_CONTOURS = frozenset({"phase", "real", "imaginary", "maximum", "minimum"})
_SHORT: Mapping[str, str] = {"apparent diffusion coefficient": "ADC", "opposed phase": "opposed"}


def words_that_differ(places: Sequence[Sequence[tuple[str, ...]]]) -> str | None:
    """Say what ImageType calls the images of one place; None where it calls them all alike.

    Args:
        places: For each place, the values of ImageType of its images, in capitals.
    """
    if 2 * sum(len(set(place)) > 1 for place in places) < len(places):
        return None
    kinds = {values for place in places for values in place}
    shared = set.intersection(*(set(values) for values in kinds))
    called = meanings_of({word for values in kinds for word in values} - shared)
    if len(called) < 2:
        return f"{len(kinds)} kinds of image (ImageType)"
    return f"{', '.join(called[:-1])} and {called[-1]} (ImageType)"


def meanings_of(words: Collection[str]) -> tuple[str, ...]:
    """Return what words in capitals mean, in the order of the table; those that are not in it mean nothing."""
    return tuple(meaning for meaning in _MEANINGS if any(_CALLED.get(word) == meaning for word in words))


def usual_order(meanings: Sequence[str]) -> int:
    """Return where a kind of image stands among all: those that are contoured most come first."""
    return min((list(_MEANINGS).index(meaning) for meaning in meanings), default=len(_MEANINGS))


def is_called(words: Collection[str], wanted: str) -> bool:
    """Whether one of these words in capitals is the wanted one, or means it ("water" is W and WATER)."""
    word = wanted.strip().upper()
    return word in words or word in {meaning.upper() for meaning in meanings_of(words)}


def short_of(meaning: str) -> str:
    """Return a meaning in few letters."""
    return _SHORT.get(meaning, meaning)


def kind_of_result(image_type: Sequence[str], descriptions: str) -> str | None:
    """Say whether an image is the average, maximum or minimum of phases, by its descriptions.

    None where ImageType says it, or nothing does.
    """
    if any(_CALLED.get(word) in _RESULTS for word in image_type):
        return None
    return next((kind for kind, pattern in _RESULTS.items() if pattern.search(descriptions)), None)
