"""A crowd without tokens on this machine's own addresses: it connects, says half of something, and stays."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle

from tests.builders.service_process import ServiceProcess

HALF_REQUEST = b"POST /v1/transfers HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
# The record header of a ClientHello, and no more of it (RFC 8446 5.1).
HALF_HANDSHAKE = b"\x16\x03\x01\x02\x00\x01"
MANY_ADDRESSES = tuple(f"127.0.0.{number}" for number in range(2, 34))


def connect(service: ServiceProcess, address: str) -> socket.socket:
    """A TCP connection from one of the loopback addresses."""
    made = socket.socket()
    made.settimeout(20)
    made.bind((address, 0))
    made.connect(("127.0.0.1", service.port))
    return made


def half_request(service: ServiceProcess, address: str) -> socket.socket:
    """TLS, and headers that do not end."""
    context = ssl.create_default_context(cafile=service.ca)
    wire = context.wrap_socket(connect(service, address), server_hostname="localhost")
    wire.sendall(HALF_REQUEST)
    return wire


def half_handshake(service: ServiceProcess, address: str) -> socket.socket:
    """TCP, and a handshake that does not end."""
    wire = connect(service, address)
    wire.sendall(HALF_HANDSHAKE)
    return wire


@dataclass
class SlowCrowd:
    """So many at once; whoever is cut off is followed by another until ``stop``."""

    service: ServiceProcess
    kind: Callable[[ServiceProcess, str], socket.socket]
    addresses: Sequence[str] = ("127.0.0.1",)
    size: int = 505
    threads: int = 4
    opened: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def around(self) -> Iterator[SlowCrowd]:
        """Let the crowd stand there once it was there in full, and as long as the block takes."""
        working = [threading.Thread(target=self._stand, args=(number,)) for number in range(self.threads)]
        for one in working:
            one.start()
        try:
            ends = time.monotonic() + 180
            while self.opened < self.size:
                assert time.monotonic() < ends, "the crowd does not get together"
                time.sleep(0.05)
            yield self
        finally:
            self._stopping.set()
            for one in working:
                one.join()

    def _stand(self, number: int) -> None:
        addresses = cycle(
            [*self.addresses[number % len(self.addresses) :], *self.addresses[: number % len(self.addresses)]]
        )
        standing: list[socket.socket] = []
        try:
            while not self._stopping.is_set():
                if len(standing) < self.size // self.threads + 1:
                    try:
                        standing.append(self.kind(self.service, next(addresses)))
                    except OSError:
                        time.sleep(0.01)
                    if self.opened > self.size:  # whoever comes again: some hundred a second
                        time.sleep(0.02)
                    with self._lock:
                        self.opened += 1
                    continue
                standing = [one for one in standing if not _ended(one)]
                time.sleep(0.05)
        finally:
            for one in standing:
                one.close()


def _ended(wire: socket.socket) -> bool:
    wire.settimeout(0)
    try:
        return not wire.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
