"""Open files cross a socket, close at the next program, and no more of them come than were asked for."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from model.process.descriptors import receive_with, send_with


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with one, other:
        yield one, other


def test_a_file_crosses_and_is_not_inherited(pair: tuple[socket.socket, socket.socket], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with path.open("rb") as file:
        send_with(pair[0], b"here", [file.fileno()])
    message, (received,) = receive_with(pair[1], 16, 1)
    assert message == b"here"
    assert not os.get_inheritable(received)
    assert os.read(received, 16) == b"content"
    os.close(received)


def test_a_message_needs_no_file_and_the_end_is_empty(pair: tuple[socket.socket, socket.socket]) -> None:
    send_with(pair[0], b"alone")
    assert receive_with(pair[1], 16, 1) == (b"alone", [])
    pair[0].close()
    assert receive_with(pair[1], 16, 1) == (b"", [])


@pytest.mark.parametrize(("message", "count"), [(b"x" * 17, 1), (b"x", 2)], ids=["bytes", "files"])
def test_more_than_was_asked_for_is_refused_and_leaves_no_file_open(
    pair: tuple[socket.socket, socket.socket], tmp_path: Path, message: bytes, count: int
) -> None:
    path = tmp_path / "file"
    path.touch()
    with path.open("rb") as file:
        assert open_here(path) == 1
        send_with(pair[0], message, [file.fileno()] * count)
    with pytest.raises(ConnectionError):
        receive_with(pair[1], 16, 1)
    assert open_here(path) == 0


def open_here(path: Path) -> int:
    """How often this process has a file open; others come and go, as objects of earlier tests are let go."""
    found = 0
    for one in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            found += one.readlink() == path
    return found
