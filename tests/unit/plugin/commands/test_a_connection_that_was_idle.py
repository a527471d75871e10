"""Orthanc closes what was idle: a command that looks once a second goes on by another connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from plugin.commands.running_orthanc import RunningOrthanc

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class ClosesWhatWasIdle:
    """Answers the first request of a connection, and closes it when the second has arrived."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return  # it was closed: the test is over
            with connection:
                self.requests.append(connection.recv(65536))
                connection.sendall(ANSWER)
                self.requests.append(connection.recv(65536))

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def server() -> Iterator[ClosesWhatWasIdle]:
    made = ClosesWhatWasIdle()
    yield made
    made.close()


def test_what_only_reads_is_asked_once_more(server: ClosesWhatWasIdle) -> None:
    orthanc = RunningOrthanc(server.url)
    assert [orthanc.get("autocontour/jobs") for _ in range(3)] == [{}, {}, {}]
    assert len(server.requests) == 5, "the second and the third were asked twice, by another connection"


def test_what_changes_something_is_asked_once_over_a_connection_of_its_own(server: ClosesWhatWasIdle) -> None:
    orthanc = RunningOrthanc(server.url)
    orthanc.get("autocontour/jobs")
    assert orthanc.post("autocontour/jobs/1/retry", {}) == {}
    assert sum(one.startswith(b"POST") for one in server.requests) == 1
