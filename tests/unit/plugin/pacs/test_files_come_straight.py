"""Whole files are asked for over connections that stay open; what does not succeed at once, the ordinary way."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from model.errors import RequestRefused, TargetFailed
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.pacs.straight import StraightConnections
from tests.builders.answering_server import AnsweringServer

FILE = bytes(range(256)) * 3000


@pytest.fixture
def server() -> Iterator[AnsweringServer]:
    made = AnsweringServer(body=FILE)
    yield made
    made.close()


class Keeping:
    """A server that keeps connections open, answers with the path, and counts connections; it may close each after."""

    def __init__(self, closing: bool = False) -> None:
        self.connections = 0
        kept = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                kept.connections += 1
                super().setup()

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(self.path)))
                self.end_headers()
                self.wfile.write(self.path.encode())
                self.close_connection = closing  # without a word, as a server that is restarted

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server: socketserver.BaseServer = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def keeping() -> Iterator[Keeping]:
    made = Keeping()
    yield made
    made.close()


def straight(url: str, user: str | None = None, password: str | None = None) -> StraightConnections:
    return StraightConnections(url, {"Accept-Encoding": "identity", "Authorization": "token"}, user, password, 4)


def test_a_file_is_the_same_as_the_server_has_it(server: AnsweringServer) -> None:
    assert Orthanc(server.url, token="token").instance_file("x") == FILE
    assert [path for path, _ in server.seen] == ["/instances/x/file"], "asked once"
    assert server.seen[0][1]["Authorization"] == "token"


def test_an_anonymized_file_is_asked_for_with_the_whole_request(server: AnsweringServer) -> None:
    assert Orthanc(server.url).anonymize_instance("x", {"Force": True}) == FILE
    assert server.bodies == [b'{"Force": true}']


def test_the_password_goes_along_and_the_path_of_a_proxy_stays(server: AnsweringServer) -> None:
    orthanc = Orthanc(f"{server.url}/pacs/", user="ümlaut", password="päss")
    orthanc.instance_file("x")
    server.body = b"{}"
    orthanc.system()
    (path, ours), (_, theirs) = server.seen
    assert path == "/pacs/instances/x/file"
    assert ours["Authorization"] == theirs["Authorization"], "as the ordinary way sends it"


def test_connections_stay_open(keeping: Keeping) -> None:
    connections = straight(keeping.url)
    assert [connections.get(f"{number}", 5) for number in range(20)] == [f"/{n}".encode() for n in range(20)]
    assert keeping.connections == 1


def test_each_of_many_threads_gets_its_own_answer(keeping: Keeping) -> None:
    connections = straight(keeping.url)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: connections.get(str(number), 30), range(400)))
    assert found == [f"/{number}".encode() for number in range(400)]


def test_a_connection_that_the_server_closed_meanwhile_is_no_failure() -> None:
    closing = Keeping(closing=True)
    try:
        orthanc = Orthanc(closing.url)
        assert [orthanc.instance_file(str(number)) for number in range(4)] == [
            f"/instances/{number}/file".encode() for number in range(4)
        ]
    finally:
        closing.close()


@pytest.mark.parametrize("status", [404, 500, 503, 302, 401])
def test_what_is_no_success_is_left_to_the_ordinary_way(server: AnsweringServer, status: int) -> None:
    server.status = status
    assert straight(server.url).get("x", 5) is None


def test_a_file_that_is_gone_is_gone_and_a_refusal_is_one(server: AnsweringServer) -> None:
    server.status, server.body = 404, b""
    with pytest.raises(SeriesGone):
        Orthanc(server.url).instance_file("x")
    server.status, server.body = 400, b'{"OrthancStatus": 8}'
    with pytest.raises(RequestRefused):
        Orthanc(server.url).anonymize_instance("x", {})


def test_what_is_compressed_or_cut_off_is_left_to_the_ordinary_way(server: AnsweringServer) -> None:
    server.headers = {"Content-Encoding": "gzip"}
    assert straight(server.url).get("x", 5) is None
    server.headers = {"Content-Length": str(len(FILE) + 1)}
    assert straight(server.url).get("x", 5) is None


@pytest.mark.parametrize(
    "answer",
    [b"", b"\r\n", b"HTTP/1.1 200 OK\r\n\r\nabc", b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc",
     b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"SSH-2.0 200\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", b"HTTP/1.1 2000\r\nContent-Length: 3\r\n\r\nabc",
     b"HTTP/1.1 200 OK\r\n" + 200 * b"X: y\r\n" + b"Content-Length: 3\r\n\r\nabc",
     b"HTTP/1.1 200 OK\r\nX: " + 200_000 * b"x"],
)  # fmt: skip
def test_what_is_no_plain_answer_is_left_to_the_ordinary_way(answer: bytes) -> None:
    with saying(answer) as url:
        assert straight(url).get("x", 30) is None


def test_a_plain_answer_is_taken() -> None:
    with saying(b"HTTP/1.1 200 OK\r\ncontent-LENGTH:  3\r\nConnection: Close\r\n\r\nabc") as url:
        connections = straight(url)
        assert [connections.get("x", 30), connections.get("y", 30)] == [b"abc", b"abc"], "on a new connection each"


@contextmanager
def saying(answer: bytes) -> Iterator[str]:
    """A server that says the same to everybody, and closes."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(answer)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_nobody_there_is_unreachable(server: AnsweringServer) -> None:
    server.close()
    assert straight(server.url).get("x", 5) is None
    with pytest.raises(TargetFailed, match="ORTHANC_UNREACHABLE"):
        Orthanc(server.url).instance_file("x")


def test_over_tls_the_ordinary_way_alone_is_taken() -> None:
    assert straight("https://127.0.0.1:1").get("x", 5) is None
