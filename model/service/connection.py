"""HTTP as uvicorn speaks it, and four things more.

They are whose certificate TLS has verified, who is at the other end, and an end to what comes slowly and to headers
that go on and on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from model.service.crowd import Crowd, Peer

# A TLS handshake that takes longer is given up.
HANDSHAKE_SECONDS = 10.0
# How long, when the service stops, a connection may take that is being closed already.
GOODBYE_SECONDS = 1.0
# The parser keeps headers, and what follows a last chunk, until they are whole, and knows no limit of its own.
MAXIMUM_HEADERS = 64 * 1024


class Connection(HttpToolsProtocol):
    """One client's connection; who sends headers drop by drop is cut off."""

    # From the connection, or the first byte of a further request, to the end of its headers.
    header_seconds: ClassVar[float]
    # How long the rest of a body is taken that was answered before it came, of a site and of anybody else.
    rest_seconds: ClassVar[float]
    crowd: ClassVar[Crowd]
    _late: asyncio.TimerHandle | None = None
    # Bytes since a request, its headers, a piece of its body or its end last came.
    _kept: int = 0
    _peer: Peer = ()

    def connection_made(self, transport: Any) -> None:
        """Keep the peer, and its certificate, for every request of the connection."""
        super().connection_made(transport)
        self._peer = tuple(transport.get_extra_info("peername") or ())
        self.app_state = {**self.app_state, "peer": self._peer}
        certificate: Mapping[str, Any] | None = transport.get_extra_info("peercert")
        if certificate:
            self.app_state["client_certificate"] = certificate
        self._end_in(self.header_seconds)

    def data_received(self, data: bytes) -> None:
        """Note that some bytes came; one call never brings more than 256 KiB."""
        self._kept += len(data)
        super().data_received(data)
        if self._kept > MAXIMUM_HEADERS:
            self._cut()

    def on_body(self, body: bytes) -> None:
        """Note that a piece of a body came."""
        self._kept = 0
        super().on_body(body)

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        super().on_message_begin()
        self._end_in(self.header_seconds)

    def on_headers_complete(self) -> None:
        """Note that its headers are there."""
        self._kept = 0
        self._end_never()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Note that it is answered; a body that nobody waits for may still come, but not for ever."""
        super().on_response_complete()
        if self.cycle.more_body and self.cycle.response_complete:
            self._end_in(self.rest_seconds if self.crowd.is_known(self._peer) else self.header_seconds)

    def on_message_complete(self) -> None:
        """Note that the request's body has come to its end."""
        self._kept = 0
        super().on_message_complete()
        if self.cycle.response_complete:
            self._end_never()

    def shutdown(self) -> None:
        """Note that the service stops: who is not being served is let go at once, and need not say goodbye."""
        if self.cycle is not None and not self.cycle.response_complete:
            super().shutdown()
        elif self.transport.is_closing():
            self._end_in(GOODBYE_SECONDS)  # its last answer may be on its way
        else:
            self._cut()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is over."""
        self._end_never()
        super().connection_lost(exc)

    def _end_in(self, seconds: float) -> None:
        self._end_never()
        # Aborted, not closed: who is late in TLS would be given as long again to say goodbye.
        self._late = self.loop.call_later(seconds, self._cut)

    def _cut(self) -> None:
        # Closed twice, a TLS transport has nothing to abort any more; that of Python 3.11.2 (Debian 12) fails then.
        with suppress(AttributeError):
            self.transport.abort()

    def _end_never(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def connections(header_seconds: float, rest_seconds: float, crowd: Crowd) -> type[Connection]:
    """Return the protocol for uvicorn, which makes its objects itself."""
    return type(
        "Connection",
        (Connection,),
        {"header_seconds": header_seconds, "rest_seconds": rest_seconds, "crowd": crowd},
    )


class ServiceLoop(asyncio.SelectorEventLoop):
    """asyncio's own event loop, with an end to handshakes that asyncio lets take a minute, and uvicorn does not set."""

    async def create_server(self, *arguments: Any, **options: Any) -> asyncio.Server:
        """Make a server as any event loop does."""
        if options.get("ssl") is not None:
            options |= {"ssl_handshake_timeout": HANDSHAKE_SECONDS, "ssl_shutdown_timeout": HANDSHAKE_SECONDS}
        return await super().create_server(*arguments, **options)


def event_loop() -> asyncio.AbstractEventLoop:
    """Return what uvicorn runs in."""
    return ServiceLoop()
