"""Frames of an enhanced CT or MR image as classic slices: attributes out of the functional groups, pixels of the frame.

What is made here never leaves: it goes through the same gate, rebuild and checks as a file that holds one slice.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.encaps import generate_frames
from pydicom.uid import UID

from model.dicom.tags import NUMBER_OF_FRAMES, PIXEL_DATA, SOP_CLASS_UID
from model.gate.image_kind import CLASSIC
from model.series.functional_groups import Renamed, decimal_text, frames_of
from plugin.privacy.decode import NATIVE_SYNTAXES
from plugin.privacy.reading import Frame, RawFile, Unreadable
from plugin.privacy.walking import RawElement

_EXTENDED_OFFSETS, _EXTENDED_LENGTHS = 0x7FE00001, 0x7FE00002
_UNSIGNED = {"US": "<H", "UL": "<L"}


def is_enhanced(file: RawFile) -> bool:
    """Whether a file holds frames that are slices of CT or MR."""
    return file.text(SOP_CLASS_UID) in CLASSIC


def slices_of(file: RawFile, wanted: Sequence[int], *, pixels: bool = True) -> Iterator[RawFile]:
    """Yield the wanted frames (numbers from 1, ascending), each as a file with one classic slice.

    Without ``pixels`` compressed ones are not looked for. Raises FramesUnreadable where the frames are not described
    one by one, TooDeep, and Unreadable where there is no such frame.
    """
    native = not pixels or file.transfer_syntax in NATIVE_SYNTAXES
    encoded = None if native else _encoded(file)
    classic = RawElement("UI", CLASSIC[UID(file.text(SOP_CLASS_UID))].encode("ascii"))
    described = frames_of(file.elements, _RawReader(file.big_endian))
    left = list(reversed(wanted))
    for number, found in enumerate(described, start=1):
        if not left:
            break
        if number != left[-1]:
            continue
        left.pop()
        elements = found | {SOP_CLASS_UID: classic}
        elements.pop(NUMBER_OF_FRAMES, None)
        yield replace(file, elements=elements, frame=Frame(number, encoded))
    if left:
        raise Unreadable


def _encoded(file: RawFile) -> list[bytes]:
    """Return the code stream of each frame; fewer than there are frames where the fragments cannot be told apart."""
    offsets, lengths = (bytes(file.value(tag) or b"") for tag in (_EXTENDED_OFFSETS, _EXTENDED_LENGTHS))
    extended = (offsets, lengths) if offsets and lengths else None
    element, count = file.elements.get(PIXEL_DATA), file.text(NUMBER_OF_FRAMES)
    if element is None or not count.isdecimal():
        return []
    try:
        found = generate_frames(bytes(element.value), number_of_frames=int(count), extended_offsets=extended)
        return list(islice(found, int(count)))
    except Exception:  # noqa: BLE001  (a broken encapsulation breaks the reader in many ways)
        return []


@dataclass(frozen=True, slots=True)
class _RawReader:
    """Reads elements as they stand in a file."""

    big_endian: bool

    def key(self, keyword: str) -> int:
        return _tag(keyword)

    def items(self, element: RawElement) -> Sequence[Mapping[int, RawElement]]:
        return element.items or ()

    def is_sequence(self, element: RawElement) -> bool:
        return element.vr == "SQ"

    def renamed(self, element: RawElement, to: Renamed) -> RawElement | None:
        text = self._text(element)
        if to.number:
            text = decimal_text(text) or ""
        if to.words is not None:
            text = to.words.get(text, "")
        return RawElement("DS" if to.number else "LO", text.encode("latin-1")) if text else None

    def count(self, element: RawElement | None) -> int | None:
        text = self._text(element) if element is not None else ""
        return int(text) if text.isdecimal() else None

    def text(self, element: RawElement) -> str:
        return self._text(element)

    def code_string(self, keyword: str, terms: Sequence[str]) -> RawElement:
        return RawElement("CS", "\\".join(terms).encode("ascii"))

    def _text(self, element: RawElement) -> str:
        """Text, or the number of a binary element with a single one; empty for anything else."""
        value = bytes(element.value)
        if element.vr in _UNSIGNED or element.vr == "FD":
            form: Any = _UNSIGNED.get(element.vr, "<d")
            # Only 16-bit words of big endian files come in our order.
            if len(value) != struct.calcsize(form) or (self.big_endian and element.vr != "US"):
                return ""
            return str(struct.unpack(form, value)[0])
        return value.strip(b" \0").decode("latin-1")


@cache
def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    assert tag is not None, keyword
    return tag
