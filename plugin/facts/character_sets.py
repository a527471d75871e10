"""Text that Orthanc decodes wrongly, read from the file instead (DICOM PS3.3 C.12.1.1.2, PS3.5 6.1).

Measured on Orthanc 1.10.1. With code extensions and a first character set that is named (``ISO 2022 IR 13`` before
``ISO 2022 IR 87`` is usual in Japan), it takes the escape sequences out and decodes what is left as the first set. With
ISO_IR 13 as the first set, every backslash comes as a yen sign, in numbers too, as both have the code 5C.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pydicom

# Series whose slices all differ in their text are read no further than this many files.
MOST_FILES = 100

YEN = "¥"
CHARACTER_SET = "0008,0005"
# Value representations that SpecificCharacterSet applies to (PS3.5 6.1.2.3).
TEXT = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})

# A tag and the text that Orthanc gave for it → the text as the file has it.
Originals = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the text of one slice is to be read."""

    yen: bool = False
    originals: Originals = field(default_factory=dict)

    def text(self, tag: str, given: str, *, single: bool) -> str:
        """Return the text of an element, with backslashes between its values unless it has a single one."""
        original = self.originals.get((tag, given))
        if original is not None:
            return original
        return given.replace(YEN, "\\") if self.yen and not single else given


def reading_of(tags: Mapping[str, Any], originals: Originals) -> Reading:
    """How the text of a slice is to be read, by its character set."""
    sets = _character_sets(tags)
    return Reading(bool(sets) and sets[0] in ("ISO_IR 13", "ISO 2022 IR 13"), originals)


def slices_to_read(instances_tags: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the instances whose files are needed for their text.

    Only those with code extensions, and one of each text.
    """
    seen: dict[tuple[object, ...], str] = {}
    for instance, tags in instances_tags.items():
        if isinstance(tags, Mapping) and _is_unreliable(tags):
            seen.setdefault(tuple(_texts(tags)), instance)
    return tuple(seen.values())[:MOST_FILES]


def original_texts(
    instances_tags: Mapping[str, Mapping[str, Any]], files: Mapping[str, bytes]
) -> dict[tuple[str, str], str]:
    """Read the text of those files; a file or a text that cannot be read leaves what Orthanc gave."""
    originals: dict[tuple[str, str], str] = {}
    for instance, file in files.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of values that break their own rules; they are read as they are
                dataset = pydicom.dcmread(io.BytesIO(file), stop_before_pixels=True, force=True)
                _compare(instances_tags.get(instance, {}), dataset, originals)
        except Exception:  # noqa: BLE001 - pydicom raises many kinds on broken files, and this text is a help only
            continue
    return originals


def _compare(tags: Mapping[str, Any], dataset: Any, originals: dict[tuple[str, str], str]) -> None:
    for element in dataset:
        tag = f"{element.tag.group:04x},{element.tag.element:04x}"
        given = tags.get(tag)
        value = given.get("Value") if isinstance(given, Mapping) else None
        if element.VR == "SQ" and isinstance(value, list):
            for inner, item in zip(value, element.value, strict=False):
                _compare(inner, item, originals)
        elif element.VR in TEXT and isinstance(value, str):
            many = not isinstance(element.value, str) and hasattr(element.value, "__iter__") and element.VM > 1
            originals[tag, value] = "\\".join(str(one) for one in element.value) if many else str(element.value or "")


def _is_unreliable(tags: Mapping[str, Any]) -> bool:
    sets = _character_sets(tags)
    return len(sets) > 2 or (len(sets) == 2 and sets[0] != "")


def _character_sets(tags: Mapping[str, Any]) -> list[str]:
    element = tags.get(CHARACTER_SET)
    value = element.get("Value") if isinstance(element, Mapping) else None
    return [one.strip() for one in value.replace(YEN, "\\").split("\\")] if isinstance(value, str) else []


def _texts(tags: Mapping[str, Any]) -> Iterator[object]:
    """Every text of a slice but those that are numbers or identifiers: what tells apart slices worth reading."""
    for tag, element in tags.items():
        value = element.get("Value") if isinstance(element, Mapping) else None
        if isinstance(value, list):
            for item in value:
                yield from _texts(item) if isinstance(item, Mapping) else ()
        elif isinstance(value, str) and any(char.isalpha() or char == "$" for char in value):
            yield tag, value
