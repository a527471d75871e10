"""HTTP as uvicorn speaks it, and two things more: whose certificate TLS has verified, and an end to slow headers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Connection(HttpToolsProtocol):
    """One client's connection; who sends headers drop by drop is cut off."""

    # From the connection, or the first byte of a further request, to the end of its headers.
    header_seconds: ClassVar[float]
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Keep the peer's certificate for every request of the connection."""
        super().connection_made(transport)
        certificate: Mapping[str, Any] | None = transport.get_extra_info("peercert")
        if certificate:
            self.app_state = {**self.app_state, "client_certificate": certificate}
        self._expect_headers()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._expect_headers()

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self._expect_nothing()
        super().on_headers_complete()

    def shutdown(self) -> None:
        """The service stops: who is not being served is let go at once, and need not say goodbye."""
        idle = self.cycle is None or self.cycle.response_complete
        super().shutdown()
        if idle:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self._expect_nothing()
        super().connection_lost(exc)

    def _expect_headers(self) -> None:
        self._expect_nothing()
        self._late = self.loop.call_later(self.header_seconds, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def connections(header_seconds: float) -> type[Connection]:
    """The protocol for uvicorn, which makes its objects itself."""
    return type("Connection", (Connection,), {"header_seconds": header_seconds})
