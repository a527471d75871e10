"""Walks the bytes of explicit VR little endian elements and of the sequences among them (DICOM PS3.5 7.1, 7.5).

A tenth of the time that a general reader takes, which counts where a header nests a thousand frames. Whatever is odd is
left to that reader.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from model.dicom.encoding import (
    EXPLICIT_HEADER,
    IMPLICIT_HEADER,
    ITEM,
    ITEM_DELIMITATION,
    LONG_VR_BYTES,
    SEQUENCE_DELIMITATION,
    SHORT_VR_BYTES,
    UNDEFINED_LENGTH,
)
from model.dicom.tags import PIXEL_DATA

# Deeper sequences are left to the reader that knows how deep it can go.
DEEPEST = 64


class Odd(Exception):
    """Something that is not as nearly all files have it."""


class RawElement(NamedTuple):
    """One element: its VR as written (or the dictionary's), its value, or the items of a sequence.

    The value is padded as in the file. 16-bit words of a big endian file come little endian; pixel data do not. Items
    are elements by tag. A tuple, as one is made for each element of each slice.
    """

    vr: str
    value: bytes | memoryview
    items: tuple[dict[int, Any], ...] | None = None


Elements = dict[int, RawElement]


def elements_in(data: bytes, at: int, end: int) -> Elements:
    """Return the elements from a place to the end; raises Odd."""
    elements, stopped = _elements(data, at, end, 0, within=False)
    if stopped != end:
        raise Odd
    return elements


def items_in(value: bytes) -> tuple[Elements, ...]:
    """Return the items of the value of a sequence; raises Odd."""
    sequence, _ = _sequence(value, 0, len(value), len(value), 1)
    return sequence.items or ()


def header_in(data: bytes, at: int) -> tuple[Elements, RawElement, int, int | None]:
    """Return the elements up to the pixels, that of the pixels without its value, and where that begins and ends.

    The end is None where their length is not defined, as that of compressed ones. Raises Odd where the data end before
    the pixels do begin.
    """
    elements, start = _elements(data, at, len(data), 0, within=False, until=PIXEL_DATA)
    if start + 12 > len(data):
        raise Odd
    _, _, vr, length = EXPLICIT_HEADER.unpack_from(data, start)
    if vr not in (b"OW", b"OB"):
        raise Odd
    length = int.from_bytes(data[start + 8 : start + 12], "little")
    end = None if length == UNDEFINED_LENGTH else start + 12 + length
    return elements, RawElement(vr.decode("ascii"), b""), start + 12, end


def _elements(
    data: bytes, at: int, end: int, depth: int, *, within: bool, until: int | None = None
) -> tuple[Elements, int]:
    """Walk to the end, or within an item of undefined length to behind its delimiter; return where that is.

    Or walk to the element ``until``.
    """
    elements: Elements = {}
    while at < end:
        if at + 8 > end:
            raise Odd
        group, number, vr, length = EXPLICIT_HEADER.unpack_from(data, at)
        tag, start = group << 16 | number, at + 8
        if tag == ITEM_DELIMITATION and within:
            return elements, start
        if tag == until:
            return elements, at
        if vr in LONG_VR_BYTES:
            if at + 12 > end:
                raise Odd
            length, start = int.from_bytes(data[at + 8 : at + 12], "little"), at + 12
        elif vr not in SHORT_VR_BYTES:
            raise Odd
        if tag in elements:
            raise Odd
        if vr == b"SQ":
            elements[tag], at = _sequence(data, start, None if length == UNDEFINED_LENGTH else length, end, depth + 1)
            continue
        at = start + length
        if at > end:
            raise Odd
        value = memoryview(data)[start:at] if tag == PIXEL_DATA else data[start:at]
        elements[tag] = RawElement(vr.decode("ascii"), value)
    if within or until is not None:
        raise Odd
    return elements, at


def _sequence(data: bytes, at: int, length: int | None, end: int, depth: int) -> tuple[RawElement, int]:
    """Walk the items of a sequence, of a length or to its delimiter; return where it ends."""
    if depth > DEEPEST:
        raise Odd
    stop = end if length is None else at + length
    if stop > end:
        raise Odd
    items: list[Elements] = []
    while at < stop:
        if at + 8 > stop:
            raise Odd
        group, number, size = IMPLICIT_HEADER.unpack_from(data, at)
        tag, at = group << 16 | number, at + 8
        if tag == SEQUENCE_DELIMITATION and length is None:
            return RawElement("SQ", b"", tuple(items)), at
        if tag != ITEM:
            raise Odd
        whole = size != UNDEFINED_LENGTH
        if whole and at + size > stop:
            raise Odd
        item, at = _elements(data, at, at + size if whole else stop, depth, within=not whole)
        items.append(item)
    if length is None:
        raise Odd
    return RawElement("SQ", b"", tuple(items)), at
