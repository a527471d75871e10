"""Many instances in one body, as STOW-RS sends them (PS3.18 10.5): read part by part, straight to files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import IO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from model.service.answers import Refusal
from model.service.body import CONTENT_TYPES, TooMuch, arriving_name
from model.service.transfer import Transfer

PART_HEADERS = (b"content-type", b"content-length", b"mime-version")
MAXIMUM_HEADER = 1024


class StrangePart(Exception):
    """A part with a header that could carry text."""


class Parts:
    """Splits a multipart body into files; ``finished`` are those that are whole."""

    def __init__(self, boundary: bytes, transfer: Transfer, limit: int) -> None:
        self.finished: list[str] = []
        self._transfer = transfer
        self._limit = limit
        self._name, self._value = bytearray(), bytearray()
        self._file: IO[bytes] | None = None
        self._path: str | None = None
        self._left = limit
        self.ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_header_field": self._field,
                "on_header_value": self._text,
                "on_header_end": self._header,
                "on_end": self._all,
            },
        )

    def write(self, chunk: bytes) -> list[str]:
        """Take a chunk; returns the files that it completed. Raises TooMuch, StrangePart, OSError."""
        self._parser.write(chunk)
        done, self.finished = self.finished, []
        return done

    def drop(self) -> None:
        """Forget the part that has not ended."""
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            self._transfer.folder.discard(self._path)
        for path in self.finished:
            self._transfer.folder.discard(path)

    def _begin(self) -> None:
        self._path = arriving_name()
        self._file = self._transfer.folder.create(self._path)
        self._left = self._limit

    def _data(self, data: bytes, start: int, end: int) -> None:
        assert self._file is not None
        self._left -= end - start
        if self._left < 0:
            raise TooMuch
        self._file.write(memoryview(data)[start:end])

    def _end(self) -> None:
        assert self._file is not None
        assert self._path is not None
        self._file.close()
        self._transfer.folder.arrived(self._path, self._limit - self._left)
        self.finished.append(self._path)
        self._file = self._path = None

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]
        self._bound(self._name)

    def _text(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._bound(self._value)

    def _header(self) -> None:
        name, value = bytes(self._name).strip().lower(), bytes(self._value).strip().lower()
        self._name, self._value = bytearray(), bytearray()
        if name not in PART_HEADERS or (name == b"content-type" and value not in CONTENT_TYPES):
            raise StrangePart

    def _all(self) -> None:
        self.ended = True

    @staticmethod
    def _bound(text: bytearray) -> None:
        if len(text) > MAXIMUM_HEADER:
            raise StrangePart


def boundary_of(content_type: str) -> bytes:
    """Return the boundary of a multipart body; raises Refusal 415 for any other body."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind not in (b"multipart/related", b"multipart/form-data") or not 0 < len(boundary) <= 70:
        raise Refusal(415, "MEDIA_TYPE", 'Send multipart/related; type="application/dicom"; boundary=….')
    return boundary


async def files_of(
    stream: AsyncIterator[bytes], boundary: bytes, transfer: Transfer, limit: int, seconds: float
) -> AsyncIterator[str]:
    """Yield each part as a file, as soon as it is whole, by its name in the transfer's folder.

    Raises as ``into_file`` does, and StrangePart.
    """
    parts = Parts(boundary, transfer, limit)
    clock = asyncio.get_running_loop().time
    ends = clock() + seconds
    try:
        while True:
            async with asyncio.timeout_at(ends):
                chunk = await anext(stream, None)
            if chunk is None:
                break
            for path in parts.write(chunk):
                yield path
                ends = clock() + seconds  # each part has as long as an instance sent alone
        if not parts.ended:
            raise Refusal(400, "CUT_OFF", "The body ended before its last boundary.")
    except TimeoutError:
        raise Refusal(408, "SLOW", "The instances took too long to arrive.", retry_after=1) from None
    except ClientDisconnect:
        raise Refusal(400, "CUT_OFF", "The connection ended before the instances did.") from None
    except MultipartParseError:
        raise Refusal(400, "MULTIPART", "The body is not multipart as its Content-Type says.") from None
    finally:
        parts.drop()
