"""Who sends drop by drop, or takes nothing, holds a connection for as long as is allowed, and nobody else up."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from plugin.privacy.clean import CleanSeries
from tests.builders.service_process import ServiceProcess, SiteClient

LIMIT = 20.0


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    keys = {"DocumentSeconds": 1, "InstanceSeconds": 1}
    made = ServiceProcess(tmp_path_factory.mktemp("hasty"), keys=keys).start()
    yield made
    made.stop()


@contextmanager
def connected(service: ServiceProcess) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=service.ca)
    with context.wrap_socket(
        socket.create_connection(("localhost", service.port)), server_hostname="localhost"
    ) as wire:
        wire.settimeout(0.1)
        yield wire


def drip(wire: ssl.SSLSocket, drops: Iterator[bytes]) -> bytes:
    """Send drop after drop until the service answers or closes; returns the answer's beginning."""
    ends = time.monotonic() + LIMIT
    for drop in drops:
        assert time.monotonic() < ends, "the service waits for ever"
        try:
            wire.sendall(drop)
            return wire.recv(1000)
        except TimeoutError:
            continue
        except OSError:
            return b""
    raise AssertionError("the drops ran out")


def letters() -> Iterator[bytes]:
    while True:
        yield b"a"


def test_headers_that_never_end(hasty: ServiceProcess) -> None:
    with connected(hasty) as wire:
        wire.sendall(b"GET /health HTTP/1.1\r\nX-Slow: ")
        assert drip(wire, letters()) == b""
    assert hasty.client().call("GET", "/v1/models").status_code == 200


def test_a_connection_that_says_nothing(hasty: ServiceProcess) -> None:
    with connected(hasty) as wire:
        wire.settimeout(LIMIT)
        assert wire.recv(1) == b""


def test_headers_of_a_second_request(hasty: ServiceProcess) -> None:
    with connected(hasty) as wire:
        wire.settimeout(5)
        wire.sendall(b"GET /v1/key HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert wire.recv(1000).startswith(b"HTTP/1.1 200")
        wire.settimeout(0.1)
        wire.sendall(b"GET /v1/key HTTP/1.1\r\nX-Slow: ")
        assert b"200 OK" not in drip(wire, letters())


@pytest.mark.parametrize("body", ["an announcement", "many instances"])
def test_a_body_that_never_ends(hasty: ServiceProcess, series: CleanSeries, body: str) -> None:
    north = hasty.client()
    transfer = north.open(series)
    path, kind = "/v1/transfers", "application/json"
    if body == "many instances":
        path, kind = f"{path}/{transfer}/instances", "multipart/related; boundary=b"
    token = north.http.headers["Authorization"]
    head = f"POST {path} HTTP/1.1\r\nAuthorization: {token!s}\r\nContent-Type: {kind}\r\nContent-Length: 9999\r\n\r\n"
    start = b"--b\r\nContent-Type: application/dicom\r\n\r\n" if body == "many instances" else b'{"'
    with connected(hasty) as wire:
        wire.sendall(head.encode() + start)
        assert drip(wire, letters()).startswith(b"HTTP/1.1 408")
    assert hasty.left() == []
    assert north.status(transfer)["Received"] == 0
    north.call("DELETE", f"/v1/transfers/{transfer}")


def test_a_fast_client_is_served_beside_two_hundred_slow_ones(hasty: ServiceProcess, series: CleanSeries) -> None:
    slow = [socket.create_connection(("localhost", hasty.port)) for _ in range(200)]
    try:
        north: SiteClient = hasty.client()
        transfer = north.send(series)
        north.wait(transfer, "ready")
        assert north.fetch(transfer).status_code == 200
    finally:
        for one in slow:
            one.close()
    _ended(lambda: hasty.left() == [])


def _ended(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)
