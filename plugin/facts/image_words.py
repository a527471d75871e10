"""Words of ImageType that tell images of one place apart, as people call them (DICOM PS3.3 C.7.6.1.1.2, C.8.3.1.1.1).

Only words of this table are ever repeated: whatever else stands in ImageType is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_MEANINGS: Mapping[str, tuple[str, ...]] = {
    "water": ("W", "WATER"),
    "fat": ("F", "FAT"),
    "in phase": ("IP", "IN_PHASE", "INPHASE"),
    "opposed phase": ("OP", "OPP", "OPP_PHASE", "OUT_PHASE", "OUTPHASE"),
    "magnitude": ("M", "MAGNITUDE", "M_FFE", "M_SE", "M_IR"),
    "phase": ("P", "PHASE", "PHASE MAP", "P_FFE", "P_SE", "P_IR"),
    "real": ("R", "REAL", "R_FFE", "R_SE", "R_IR"),
    "imaginary": ("I", "IMAGINARY", "I_FFE", "I_SE", "I_IR"),
    "apparent diffusion coefficient": ("ADC",),
    "trace": ("TRACEW", "TRACE"),
    "average": ("AVERAGE", "AVG", "MEAN"),
    "maximum": ("MIP", "MAXIP", "MAX_IP", "MAXIMUM"),
    "minimum": ("MINIP", "MIN_IP", "MIN IP", "MINIMUM"),
}
_CALLED = {word: meaning for meaning, words in _MEANINGS.items() for word in words}


def words_that_differ(places: Sequence[Sequence[tuple[str, ...]]]) -> str | None:
    """Say what ImageType calls the images of one place; None where it calls them all alike.

    Args:
        places: For each place, the values of ImageType of its images, in capitals.
    """
    if 2 * sum(len(set(place)) > 1 for place in places) < len(places):
        return None
    kinds = {values for place in places for values in place}
    shared = set.intersection(*(set(values) for values in kinds))
    called = [meaning for meaning in _MEANINGS if any(_CALLED.get(word) == meaning for word in _others(kinds, shared))]
    if len(called) < 2:
        return f"{len(kinds)} kinds of image (ImageType)"
    return f"{', '.join(called[:-1])} and {called[-1]} (ImageType)"


def _others(kinds: set[tuple[str, ...]], shared: set[str]) -> set[str]:
    return {word for values in kinds for word in values} - shared
