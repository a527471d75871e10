"""Walks a structure set in Implicit VR Little Endian and writes it anew with other UIDs, contours untouched.

Contour data are never looked at: they are views into what was received, and only the lengths around them change.
Sequences may have defined or undefined lengths; those that come out have defined ones (DICOM PS3.5 section 7.5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from model.dicom.encoding import (
    IMPLICIT_HEADER,
    ITEM,
    ITEM_DELIMITATION,
    SEQUENCE_DELIMITATION,
    UNDEFINED_LENGTH,
    implicit_header,
)
from plugin.privacy.reading import TooDeep, Unreadable
from plugin.restore.allowed import ALLOWED, SEQUENCES, UIDS

# The deepest sequence of a structure set is six deep; Orthanc's process dies at 60 (measured), and we are the sender.
MAXIMUM_DEPTH = 10

Piece = bytes | memoryview


@dataclass
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


class Rewriter:
    """Rewrites one structure set.

    ``resolve(tag, value, depth)`` gives the value that takes a UID's place; ``unexpected(tag)`` is called for
    an attribute that is not allowed, which is left out. ``texts`` gathers the values of ``wanted`` attributes.
    """

    def __init__(
        self,
        data: bytes,
        resolve: Callable[[int, bytes, int], bytes],
        unexpected: Callable[[int], None],
        wanted: Sequence[int],
    ) -> None:
        self._data = memoryview(data)
        self._resolve = resolve
        self._unexpected = unexpected
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

    def _element(self, at: int, end: int, depth: int) -> tuple[int, Pieces | None, int]:
        tag, length, start = self._header(at, end)
        if tag in SEQUENCES:
            content, stop = self._items(start, length, end, depth)
            whole = Pieces([implicit_header(tag, content.length)], 8)
            whole.extend(content)
            return tag, whole, stop
        stop = start + length
        if length == UNDEFINED_LENGTH or stop > end:
            raise Unreadable
        if tag not in ALLOWED:
            self._unexpected(tag)
            return tag, None, stop
        whole = Pieces()
        if tag in UIDS:
            value = self._resolve(tag, bytes(self._data[start:stop]), depth)
            whole.add(implicit_header(tag, len(value)) + value)
        else:
            whole.add(self._data[at:stop])
        if tag in self.texts:
            self.texts[tag].append(bytes(self._data[start:stop]).strip(b" \0"))
        return tag, whole, stop

    def _items(self, at: int, length: int, end: int, depth: int) -> tuple[Pieces, int]:
        if depth >= MAXIMUM_DEPTH:
            raise TooDeep
        stop = end if length == UNDEFINED_LENGTH else at + length
        if stop > end:
            raise Unreadable
        content = Pieces()
        while at < stop:
            tag, item_length, start = self._header(at, stop)
            if tag == SEQUENCE_DELIMITATION and length == UNDEFINED_LENGTH:
                return content, start
            if tag != ITEM:
                raise Unreadable
            item, at = self._item(start, item_length, stop, depth + 1)
            content.add(implicit_header(ITEM, item.length))
            content.extend(item)
        if length == UNDEFINED_LENGTH or at != stop:
            raise Unreadable
        return content, stop

    def _item(self, at: int, length: int, end: int, depth: int) -> tuple[Pieces, int]:
        stop = end if length == UNDEFINED_LENGTH else at + length
        if stop > end:
            raise Unreadable
        content = Pieces()
        last = -1
        while at < stop:
            if length == UNDEFINED_LENGTH and self._header(at, stop)[0] == ITEM_DELIMITATION:
                return content, at + 8
            tag, element, at = self._element(at, stop, depth)
            if tag <= last:
                raise Unreadable
            last = tag
            if element is not None:
                content.extend(element)
        if length == UNDEFINED_LENGTH or at != stop:
            raise Unreadable
        return content, stop

    def _header(self, at: int, end: int) -> tuple[int, int, int]:
        if at + 8 > end:
            raise Unreadable
        group, number, length = IMPLICIT_HEADER.unpack_from(self._data, at)
        return group << 16 | number, length, at + 8
