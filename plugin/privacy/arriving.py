"""A large file as it arrives: its header is held, its pixels are taken one frame after the other or passed over.

Only where the pixels are native and explicit little endian, as those of large files nearly always are; any other file
is read whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pydicom.uid import ExplicitVRLittleEndian

from model.dicom.tags import BITS_ALLOCATED, COLUMNS, PIXEL_DATA, ROWS, TRANSFER_SYNTAX_UID
from plugin.privacy.frames import slices_of
from plugin.privacy.reading import Frame, RawFile, Unreadable, read
from plugin.privacy.walking import Odd, RawElement, elements_in, header_in

# Bytes that are asked for first; what a header needs beyond them is asked for in doubling pieces.
FIRST_BYTES = 1 << 18
PIECE_BYTES = 1 << 20
BEGINNING = 132
# Tag, VR and length of the pixels (PS3.5 7.1.2).
PIXELS_HEADER = 12


class Stream(Protocol):
    """Bytes that come one after the other."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""


@dataclass
class Arriving:
    """A file of which the header came; ``length`` is that of its pixels, None where the file is whole.

    Frames are taken in ascending order, each once; ``with_tail`` passes over all of them.
    """

    file: RawFile
    length: int | None
    _stream: Stream
    _ahead: bytes = b""
    _at: int = 0

    def with_tail(self) -> RawFile:
        """Return the file with what stands behind the pixels, without the pixels; raises Unreadable."""
        if self.length is None:
            return self.file
        self._skip(self.length - self._at)
        pieces = [self._ahead]
        while piece := self._stream.read(PIECE_BYTES):
            pieces.append(piece)
        tail = b"".join(pieces)
        try:
            behind = elements_in(tail, 0, len(tail))
        except Odd:
            raise Unreadable from None
        if behind.keys() & self.file.elements.keys():
            raise Unreadable
        return replace(self.file, elements={**self.file.elements, **behind})

    def slices(self, wanted: Sequence[int]) -> Iterator[RawFile]:
        """Yield the wanted frames (numbers from 1, ascending) as ``slices_of`` does, with their pixels."""
        if self.length is None:
            yield from slices_of(self.file, wanted)
            return
        for one in slices_of(self.file, wanted, pixels=False):
            rows, columns, bits = (one.word(tag) or 0 for tag in (ROWS, COLUMNS, BITS_ALLOCATED))
            assert one.frame is not None, "slices_of numbers them"
            pixels = RawElement("OW", self._frame(one.frame.number, rows * columns * bits // 8))
            yield replace(one, elements={**one.elements, PIXEL_DATA: pixels}, frame=Frame(1))

    def _frame(self, number: int, size: int) -> bytes:
        """Return the bytes of a frame; fewer where the pixels end before it does."""
        start = (number - 1) * size
        if self.length is None or start < self._at or start + size > self.length:
            return b""
        self._skip(start - self._at)
        found = self._take(size)
        self._at += size
        return found

    def _skip(self, count: int) -> None:
        self._at += count
        while count:
            count -= len(self._take(min(count, PIECE_BYTES)))

    def _take(self, count: int) -> bytes:
        """Return exactly so many bytes; raises Unreadable when the file ends before."""
        found, self._ahead = self._ahead[:count], self._ahead[count:]
        if len(found) < count:
            found += exactly(self._stream, count - len(found))
        if len(found) < count:
            raise Unreadable
        return found


def arriving(stream: Stream) -> Arriving:
    """Read a file up to its pixels, or whole; raises Unreadable or TooDeep."""
    data = exactly(stream, FIRST_BYTES)
    while True:
        try:
            return _streamed(data, stream)
        except Odd:
            more = exactly(stream, len(data))
            if not more:
                return Arriving(read(data), None, stream)
            data += more


def up_to_pixels(stream: Stream) -> bytes:
    """Return a file up to its pixels, or whole where these cannot be told; raises nothing of its own."""
    data = exactly(stream, FIRST_BYTES)
    while True:
        try:
            if data[BEGINNING - 4 : BEGINNING] != b"DICM":
                raise Odd
            _, _, start, _ = header_in(data, BEGINNING)
        except Odd:
            more = exactly(stream, len(data))
            if not more:
                return data
            data += more
        else:
            return data[: start - PIXELS_HEADER]


def exactly(stream: Stream, count: int) -> bytes:
    """Read so many bytes; fewer only at the end."""
    pieces = []
    while count and (piece := stream.read(count)):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _streamed(data: bytes, stream: Stream) -> Arriving:
    if data[BEGINNING - 4 : BEGINNING] != b"DICM":
        raise Odd
    elements, pixels, start, end = header_in(data, BEGINNING)
    if end is None or end <= len(data):
        raise Odd  # compressed, or all of it came
    meta = {tag: element for tag, element in elements.items() if tag >> 16 == 0x0002}
    syntax = meta.get(TRANSFER_SYNTAX_UID)
    if syntax is None or bytes(syntax.value).strip(b" \0") != ExplicitVRLittleEndian.encode():
        raise Odd
    body = {tag: element for tag, element in elements.items() if tag >> 16 != 0x0002}
    file = RawFile({**body, PIXEL_DATA: pixels}, meta, str(ExplicitVRLittleEndian))
    return Arriving(file, end - start, stream, data[start:])
