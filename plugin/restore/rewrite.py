"""Walks a structure set in Implicit VR Little Endian and writes it anew with other UIDs, contours untouched.

Contour data are never looked at: they are views into what was received, and only the lengths around them change.
Sequences may have defined or undefined lengths; those that come out have defined ones (DICOM PS3.5 section 7.5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from model.dicom.encoding import (
    IMPLICIT_HEADER,
    ITEM,
    ITEM_DELIMITATION,
    SEQUENCE_DELIMITATION,
    UNDEFINED_LENGTH,
    implicit_header,
)
from model.dicom.tags import CONTOUR_IMAGE_SEQUENCE, REFERENCED_SOP_INSTANCE_UID
from plugin.privacy.reading import TooDeep, Unreadable
from plugin.restore.allowed import ALLOWED, SEQUENCES, UIDS

# The deepest sequence of a structure set is six deep; Orthanc's process dies at 60 (measured), and we are the sender.
MAXIMUM_DEPTH = 10

Piece = bytes | memoryview


@dataclass(slots=True)
class Pieces:
    """Encoded bytes in pieces, with their length."""

    parts: list[Piece] = field(default_factory=list)
    length: int = 0

    def add(self, part: Piece) -> None:
        """Append bytes."""
        self.parts.append(part)
        self.length += len(part)

    def extend(self, other: Pieces) -> None:
        """Append what another one holds."""
        self.parts += other.parts
        self.length += other.length


class Judge(Protocol):
    """Says what takes the place of what was received, and notes what may not be stored."""

    @property
    def content(self) -> bool:
        """Whether nothing was found so far that may not be stored."""
        ...

    def resolve(self, tag: int, value: bytes, depth: int) -> bytes:
        """Return the value that takes a UID's place."""
        ...

    def images(self, items: list[dict[int, Pieces]]) -> Pieces:
        """Return the items that take the place of those of a Contour Image Sequence, given by their elements."""
        ...

    def count_unexpected(self, tag: int) -> None:
        """Note an attribute that is not allowed; it is left out."""
        ...


class Rewriter:
    """Rewrites one structure set as a judge says; ``texts`` gathers the values of ``wanted`` attributes."""

    def __init__(self, data: bytes, judge: Judge, wanted: Sequence[int]) -> None:
        self._data = memoryview(data)
        self._judge = judge
        # Thousands of contours name the same few hundred images.
        self._known: dict[bytes, Pieces] = {}
        self.texts: dict[int, list[bytes]] = {tag: [] for tag in wanted}

    def top(self, start: int) -> dict[int, Pieces]:
        """Return the elements of the whole dataset from ``start`` on, by tag; raises Unreadable or TooDeep."""
        elements: dict[int, Pieces] = {}
        at = start
        while at < len(self._data):
            tag, element, at = self._element(at, len(self._data), 1)
            if tag in elements or at > len(self._data):
                raise Unreadable
            if element is not None:
                elements[tag] = element
        return elements

    def _element(self, at: int, end: int, depth: int, image: bool = False) -> tuple[int, Pieces | None, int]:
        """Return tag, encoded element and where it ends; of an ``image`` the SOP Instance UID stays as it is."""
        tag, length, start = self._header(at, end)
        if tag == CONTOUR_IMAGE_SEQUENCE:
            return tag, *self._image_sequence(at, length, start, end, depth)
        if tag in SEQUENCES:
            items, stop = self._items(start, length, end, depth, image=False)
            content = _joined(items)
            whole = Pieces([implicit_header(tag, content.length)], 8)
            whole.extend(content)
            return tag, whole, stop
        stop = start + length
        if length == UNDEFINED_LENGTH or stop > end:
            raise Unreadable
        if tag not in ALLOWED:
            self._judge.count_unexpected(tag)
            return tag, None, stop
        whole = Pieces()
        if tag in UIDS and not (image and tag == REFERENCED_SOP_INSTANCE_UID):
            value = self._judge.resolve(tag, bytes(self._data[start:stop]), depth)
            whole.add(implicit_header(tag, len(value)) + value)
        else:
            whole.add(self._data[at:stop])
        if tag in self.texts:
            self.texts[tag].append(bytes(self._data[start:stop]).strip(b" \0"))
        return tag, whole, stop

    def _image_sequence(self, at: int, length: int, start: int, end: int, depth: int) -> tuple[Pieces, int]:
        key = b"" if length == UNDEFINED_LENGTH else bytes(self._data[at : min(start + length, end)])
        known = self._known.get(key)
        if known is not None and start + length <= end and depth < MAXIMUM_DEPTH:
            return known, start + length
        items, stop = self._items(start, length, end, depth, image=True)
        content = self._judge.images(items)
        whole = Pieces([implicit_header(CONTOUR_IMAGE_SEQUENCE, content.length)], 8)
        whole.extend(content)
        # What names an image that is none is counted each time.
        if key and self._judge.content:
            whole = self._known[key] = Pieces([b"".join(whole.parts)], whole.length)
        return whole, stop

    def _items(self, at: int, length: int, end: int, depth: int, *, image: bool) -> tuple[list[dict[int, Pieces]], int]:
        """Return the elements of each item, and where the sequence ends."""
        if depth >= MAXIMUM_DEPTH:
            raise TooDeep
        stop = end if length == UNDEFINED_LENGTH else at + length
        if stop > end:
            raise Unreadable
        items: list[dict[int, Pieces]] = []
        while at < stop:
            tag, item_length, start = self._header(at, stop)
            if tag == SEQUENCE_DELIMITATION and length == UNDEFINED_LENGTH:
                return items, start
            if tag != ITEM:
                raise Unreadable
            item, at = self._item(start, item_length, stop, depth + 1, image=image)
            items.append(item)
        if length == UNDEFINED_LENGTH or at != stop:
            raise Unreadable
        return items, stop

    def _item(self, at: int, length: int, end: int, depth: int, *, image: bool) -> tuple[dict[int, Pieces], int]:
        stop = end if length == UNDEFINED_LENGTH else at + length
        if stop > end:
            raise Unreadable
        elements: dict[int, Pieces] = {}
        last = -1
        while at < stop:
            if length == UNDEFINED_LENGTH and self._header(at, stop)[0] == ITEM_DELIMITATION:
                return elements, at + 8
            tag, element, at = self._element(at, stop, depth, image)
            if tag <= last:
                raise Unreadable
            last = tag
            if element is not None:
                elements[tag] = element
        if length == UNDEFINED_LENGTH or at != stop:
            raise Unreadable
        return elements, stop

    def _header(self, at: int, end: int) -> tuple[int, int, int]:
        if at + 8 > end:
            raise Unreadable
        group, number, length = IMPLICIT_HEADER.unpack_from(self._data, at)
        return group << 16 | number, length, at + 8


def _joined(items: Sequence[Mapping[int, Pieces]]) -> Pieces:
    """Encode items whose elements are in ascending order."""
    content = Pieces()
    for elements in items:
        content.add(implicit_header(ITEM, sum(one.length for one in elements.values())))
        for element in elements.values():
            content.extend(element)
    return content
