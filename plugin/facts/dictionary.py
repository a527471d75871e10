"""DICOM keywords and tags (PS3.6, from pydicom's tables), in the form that Orthanc and the rules use."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydicom.datadict import dictionary_VR, keyword_dict, tag_for_keyword

# Value representations whose text may hold a backslash that separates nothing (DICOM PS3.5 section 6.2).
SINGLE_TEXT = frozenset({"LT", "ST", "UT", "UR"})


@cache
def keywords(own: tuple[str, ...] = ()) -> frozenset[str]:
    """Every DICOM keyword, and the names of the site's own ``Dictionary`` ."""
    return frozenset(keyword_dict) - {""} | frozenset(own)


def own_names(dictionary: Any) -> tuple[str, ...]:
    """Return the names in Orthanc's ``Dictionary``: ``{"4321,1012": ["LO", "ScannerProtocol", 1, 1, "CREATOR"]}``."""
    entries = dictionary.values() if isinstance(dictionary, dict) else ()
    named = (entry[1] for entry in entries if isinstance(entry, list) and len(entry) > 1)
    return tuple(name for name in named if isinstance(name, str))


@cache
def tag_of(keyword: str) -> str | None:
    """Return the tag of a keyword as ``gggg,eeee``, or None when the standard has no such keyword."""
    tag = tag_for_keyword(keyword)
    return None if tag is None else f"{tag >> 16:04x},{tag & 0xFFFF:04x}"


@cache
def is_single_text(tag: str) -> bool:
    """Whether a backslash in the value of this tag is text rather than a separator."""
    try:
        return dictionary_VR(int(tag.replace(",", ""), 16)) in SINGLE_TEXT
    except (KeyError, ValueError):
        return False
