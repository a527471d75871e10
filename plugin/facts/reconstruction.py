"""What the images of a series are: as scanned, or an average, a reformat, a projection made from such; by table.

ImageType says it in its first two values and, by makers' words, after them (DICOM PS3.3 C.7.6.1.1.2, C.8.2.1.1.1,
C.8.16.2.1.4 and C.8.16.2.1.5 for those of enhanced images); DerivationDescription and SeriesDescription are what
people and programs write, and count only for the words of this table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from plugin.facts.dictionary import tag_of
from plugin.facts.orthanc_item import OrthancItem
from routing.candidates import AVERAGE, CALCULATED, DERIVED, IMAGES, PLAIN, PROJECTION, REFORMAT

# Looked for as words of their own, in capitals, with every other character as a space.
_WORDS: Mapping[str, tuple[str, ...]] = {
    PROJECTION: (
        *("MIP", "MINIP", "MIN IP", "MAX IP", "MAXIP", "MNIP", "PROJECTION IMAGE", "MAXIMUM INTENSITY"),
        *("MINIMUM INTENSITY", "VRT", "SSD", "VOLUME RENDER", "SURFACE RENDER"),
    ),
    REFORMAT: ("MPR", "CPR", "REFORMATTED", "REFORMAT", "CSAPARALLEL", "CSA PARALLEL"),
    CALCULATED: (
        *("SUBTRACTION", "SUBTRACTED", "ADDITION", "DIVISION", "STD DEVIATION", "MONOENERGETIC", "VMI"),
        *("MAT SPECIFIC", "MAT REMOVED", "MAT VALUE BASED", "EFF ATOMIC NUM", "ELECTRON DENSITY", "IODINE", "VNC"),
        *("PERFUSION", "CBF", "CBV", "MTT", "TTP", "ADC"),
    ),
    AVERAGE: ("AVERAGE", "AVERAGED", "AVG", "AIP", "AVE IP", "MEAN"),
}
_FOUND = {kind: re.compile(rf"(?<!\S)(?:{'|'.join(words)})(?!\S)") for kind, words in _WORDS.items()}
# What a person writes into a description may say of the patient or the scan what these words also mean.
_ONLY_IN_IMAGE_TYPE = frozenset((CALCULATED,))
_IMAGE_TYPE, _DERIVATION, _SERIES = (
    *(tag_of("ImageType") or "", tag_of("DerivationDescription") or "", tag_of("SeriesDescription") or ""),
)


def image_kind(items: Iterable[OrthancItem]) -> str:
    """Return what most tells the slices of one series from plain ones, by the worst of them."""
    texts = {(item.text(_IMAGE_TYPE), item.text(_DERIVATION), item.text(_SERIES)) for item in items}
    kinds = [kind_of_texts(*one) for one in texts]
    return max(kinds, key=list(IMAGES).index, default=PLAIN)


def kind_of_texts(image_type: str, derivation: str = "", description: str = "") -> str:
    """Return the kind of one slice from the texts that say it."""
    typed, told = _spaced(image_type), f"{_spaced(derivation)} {_spaced(description)}"
    for kind, found in _FOUND.items():
        if found.search(typed) or (kind not in _ONLY_IN_IMAGE_TYPE and found.search(told)):
            return kind
    return DERIVED if image_type.strip(" \0").upper().startswith("DERIVED") else PLAIN


def _spaced(text: str) -> str:
    return " ".join(re.split(r"[^A-Z0-9]+", text.upper()))
