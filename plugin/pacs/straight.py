"""Requests for whole files over connections that stay open, at a third of the price of the client's own.

A slice costs two requests, and a client that can do everything takes 0.8 ms of a processor for each, which is more
than Orthanc takes to answer many of them. Here only what succeeds at once is taken. Whatever else comes (a failure, a
redirect, something compressed, an answer that was cut off) gives None, and the caller asks again in the ordinary way,
which knows what to make of it: so nothing but what is asked twice without harm may be asked here.
"""

from __future__ import annotations

import http.client
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

OK = 200


class StraightConnections:
    """Connections to one plain HTTP server; used by several threads at once, each with a connection of its own."""

    def __init__(self, url: str, headers: Mapping[str, str], user: str | None, password: str | None, most: int) -> None:
        parts = urlsplit(url)
        # Over TLS the ordinary way compares certificates as the site configured it.
        self._host = parts.hostname if parts.scheme == "http" and not parts.query else None
        self._port = parts.port or http.client.HTTP_PORT
        self._path = parts.path.rstrip("/")
        self._headers = dict(headers)
        if user and password:
            self._headers["Authorization"] = "Basic " + b64encode(f"{user}:{password}".encode("latin-1")).decode()
        # What is beyond the newest is dropped, and closes itself.
        self._free: deque[http.client.HTTPConnection] = deque(maxlen=most)

    def get(self, path: str, seconds: float) -> bytes | None:
        """Return the body of a GET; None when it did not succeed at once."""
        return self._ask("GET", path, None, seconds)

    def post(self, path: str, json: bytes, seconds: float) -> bytes | None:
        """Return the body of a POST of JSON, which may change nothing there; None when it did not succeed at once."""
        return self._ask("POST", path, json, seconds)

    def _ask(self, method: str, path: str, body: bytes | None, seconds: float) -> bytes | None:
        if self._host is None:
            return None
        connection = self._take(self._host)
        try:
            connection.timeout = seconds  # of one that is not open yet
            if connection.sock is not None:
                connection.sock.settimeout(seconds)
            more = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, f"{self._path}/{path}", body, self._headers | more)
            answer = connection.getresponse()
            if answer.status != OK or answer.getheader("Content-Encoding", "identity") != "identity":
                connection.close()
                return None
            found = answer.read()
        except (OSError, ValueError, http.client.HTTPException):
            connection.close()
            return None
        self._free.append(connection)
        return found

    def _take(self, host: str) -> http.client.HTTPConnection:
        with suppress(IndexError):
            return self._free.pop()
        return http.client.HTTPConnection(host, self._port)
