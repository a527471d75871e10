"""Speaks TLS in front of an HTTP server, as an Orthanc with SslEnabled does; Debian's own builds cannot (measured)."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path
from threading import Thread


class TlsFront:
    """Passes what comes by TLS on to a port of this machine.

    ``folder`` has server.pem and server.key; ``clients`` are the authorities of its clients' certificates.
    """

    def __init__(self, port: int, folder: Path, clients: Path | None = None) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        if clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(clients)
        self._behind = port
        self.passed = 0
        self._loop = asyncio.new_event_loop()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        server = self._loop.run_until_complete(listening)
        self.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        Thread(target=self._loop.run_forever, daemon=True).start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _serve(self, asked: asyncio.StreamReader, answered: asyncio.StreamWriter) -> None:
        answers, asks = await asyncio.open_connection("127.0.0.1", self._behind)
        self.passed += 1
        await asyncio.gather(_pump(asked, asks), _pump(answers, answered))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(65536):
            sink.write(piece)
            await sink.drain()
        sink.close()
