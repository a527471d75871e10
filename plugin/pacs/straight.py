"""Requests for whole files over connections that stay open, at a tenth of the price of the client's own.

A slice costs two requests, and a client that can do everything takes 0.8 ms of a processor for each, which is more
than Orthanc takes to answer many of them. Here only what succeeds at once is taken. Whatever else comes (a failure, a
redirect, something compressed or in chunks, an answer that was cut off) gives None, and the caller asks again in the
ordinary way, which knows what to make of it: so nothing but what is asked twice without harm may be asked here.
"""

from __future__ import annotations

import socket
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

OK = b"200"
# Of an answer: bytes of a line of its header, and lines.
LONGEST_LINE, MOST_LINES = 65_536, 100


class StraightConnections:
    """Connections to one plain HTTP server; used by several threads at once, each with a connection of its own."""

    def __init__(self, url: str, headers: Mapping[str, str], user: str | None, password: str | None, most: int) -> None:
        parts = urlsplit(url)
        # Over TLS the ordinary way compares certificates as the site configured it.
        self._host = parts.hostname if parts.scheme == "http" and not parts.query else None
        self._port = parts.port or 80
        self._path = parts.path.rstrip("/")
        told = {"Host": parts.netloc.rpartition("@")[2], **headers}
        if user and password:
            told["Authorization"] = "Basic " + b64encode(f"{user}:{password}".encode("latin-1")).decode()
        self._headers = "".join(f"{name}: {text}\r\n" for name, text in told.items())
        # What is beyond the newest is dropped, and closes itself.
        self._free: deque[_Connection] = deque(maxlen=most)

    def get(self, path: str, seconds: float) -> bytes | None:
        """Return the body of a GET; None when it did not succeed at once."""
        return self._ask(f"GET {self._path}/{path} HTTP/1.1\r\n{self._headers}\r\n".encode("latin-1"), seconds)

    def post(self, path: str, json: bytes, seconds: float) -> bytes | None:
        """Return the body of a POST of JSON, which may change nothing there; None when it did not succeed at once."""
        head = f"Content-Type: application/json\r\nContent-Length: {len(json)}\r\n"
        request = f"POST {self._path}/{path} HTTP/1.1\r\n{self._headers}{head}\r\n"
        return self._ask(request.encode("latin-1") + json, seconds)

    def _ask(self, request: bytes, seconds: float) -> bytes | None:
        if self._host is None:
            return None
        connection = None
        try:
            connection = self._kept() or _Connection(self._host, self._port, seconds)
            found = connection.ask(request, seconds)
        except (OSError, ValueError):
            found = None
        if connection is None:
            return None
        if found is None or not connection.stays:
            connection.close()
        else:
            self._free.append(connection)
        return found

    def _kept(self) -> _Connection | None:
        with suppress(IndexError):
            return self._free.pop()
        return None


class _Connection:
    """A connection on which one request after the other is answered; ``stays``: the server leaves it open."""

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self._socket = socket.create_connection((host, port), seconds)
        # Otherwise what follows the first packet of a request waits for the other side to confirm that.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")
        self.stays = True

    def ask(self, request: bytes, seconds: float) -> bytes | None:
        """Return the body of the answer where it is a plain success of a known length, and None otherwise.

        After anything but a body the connection is of no use any more. Raises OSError, ValueError.
        """
        self._socket.settimeout(seconds)
        self._socket.sendall(request)
        version, _, status = self._answers.readline(LONGEST_LINE).partition(b" ")
        if not version.startswith(b"HTTP/1.") or status[:4].strip() != OK:
            return None
        self.stays = version == b"HTTP/1.1"
        length = -1
        for _ in range(MOST_LINES):
            line = self._answers.readline(LONGEST_LINE)
            if line in (b"\r\n", b"\n"):
                break
            name, colon, text = line.partition(b":")
            if not colon or name.lower() in (b"transfer-encoding", b"content-encoding"):
                return None
            if name.lower() == b"content-length":
                length = int(text)
            elif name.lower() == b"connection" and text.strip().lower() == b"close":
                self.stays = False
        else:
            return None
        if length < 0:
            return None
        found = self._answers.read(length)
        return found if len(found) == length else None

    def close(self) -> None:
        """Close it."""
        with suppress(OSError):
            self._answers.close()
            self._socket.close()
