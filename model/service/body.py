"""Takes the bytes of instances as they come: straight into the spool, no further than was announced."""

from __future__ import annotations

import asyncio
import secrets
import zlib
from collections.abc import AsyncIterator, Callable, Iterable

from starlette.requests import ClientDisconnect

from model.service.answers import Refusal
from model.service.transfer import Transfer
from model.service.transfer_folder import ARRIVING

# Headers that a client or a proxy sets by itself; another could carry text about a patient, so it is a finding.
HEADERS = frozenset(
    b"accept accept-encoding accept-language authorization autocontour-replica connection content-encoding "
    b"content-length content-type "
    b"expect forwarded host keep-alive te traceparent tracestate transfer-encoding user-agent via x-forwarded-for "
    b"x-forwarded-host x-forwarded-port x-forwarded-proto x-forwarded-server x-real-ip x-request-id".split()
)
CONTENT_TYPES = (b"application/dicom", b"application/octet-stream")
ENCODINGS = ("", "identity", "gzip")


class TooMuch(Exception):
    """More bytes than were announced."""


def strange_headers(headers: Iterable[tuple[bytes, bytes]], types: tuple[bytes, ...] = CONTENT_TYPES) -> int:
    """Count the headers of an upload that have no business there."""
    strange = 0
    for name, value in headers:
        known = name in HEADERS
        if name == b"content-type":
            known = value.partition(b";")[0].strip().lower() in types
        strange += not known
    return strange


async def into_file(stream: AsyncIterator[bytes], transfer: Transfer, limit: int, encoding: str, seconds: float) -> str:
    """Write one body into a file of its own among what is arriving; returns its name in the transfer's folder.

    Raises TooMuch beyond ``limit`` bytes, Refusal 400 for a body that was cut off or is not gzip, 408 for one that
    takes too long; OSError when the spool is full or the transfer gone.
    """
    name = arriving_name()
    try:
        with transfer.folder.create(name) as file:
            sink = Sink(file.write, limit, encoding)
            async with asyncio.timeout(seconds):
                async for chunk in stream:
                    sink.write(chunk)
            sink.finish()
        transfer.folder.arrived(name, sink.size)
    except BaseException as error:
        transfer.folder.discard(name)
        if isinstance(error, TimeoutError):
            raise Refusal(408, "SLOW", "The instance took too long to arrive; send it again.", retry_after=1) from None
        if isinstance(error, ClientDisconnect):
            raise Refusal(400, "CUT_OFF", "The connection ended before the instance did.") from None
        if isinstance(error, zlib.error):
            raise Refusal(400, "ENCODING", "The body is not what its Content-Encoding says.") from None
        raise
    return name


def arriving_name() -> str:
    """Return a fresh name for a file that has not arrived whole."""
    return f"{ARRIVING}/{secrets.token_hex(8)}"


class Sink:
    """Counts, and where asked unpacks, what goes by; never more than a chunk is held."""

    def __init__(self, write: Callable[[bytes], object], limit: int, encoding: str) -> None:
        self._write = write
        self._limit = self._left = limit
        self._unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None

    @property
    def size(self) -> int:
        """How many bytes were written."""
        return self._limit - self._left

    def write(self, chunk: bytes) -> None:
        """Take a chunk; raises TooMuch."""
        if self._unpack is None:
            self._put(chunk)
            return
        while chunk:
            # One byte beyond the limit is enough to know, however far a small body would unpack.
            self._put(self._unpack.decompress(chunk, self._left + 1))
            chunk = self._unpack.unconsumed_tail
            if self._unpack.eof:
                if self._unpack.unused_data or chunk:
                    raise TooMuch
                return

    def finish(self) -> None:
        """Note that the body has ended; raises zlib.error for half a stream."""
        if self._unpack is not None and not self._unpack.eof:
            raise zlib.error("incomplete")

    def _put(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            raise TooMuch
        self._write(data)
