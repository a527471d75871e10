"""Carries TCP connections from one port to one address: the hospital's one way out, in the place of its firewall.

python relay.py PORT HOST PORT
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys

CONNECT_SECONDS = 10
CHUNK = 64 * 1024


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, until its end or a fault; then the other end is told."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


async def main(port: int, host: str, to: int) -> None:
    """Listen until told to stop."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                their_reader, their_writer = await asyncio.open_connection(host, to)
        except (OSError, TimeoutError):
            writer.close()
            return
        await asyncio.gather(carry(reader, their_writer), carry(their_reader, writer))

    server = await asyncio.start_server(connected, port=port)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.close)
    with contextlib.suppress(asyncio.CancelledError):
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
