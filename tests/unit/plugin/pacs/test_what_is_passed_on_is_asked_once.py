"""What Orthanc passes on to other nodes is sent to it once: a connection that breaks says nothing of what arrived."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from model.errors import TargetFailed
from plugin.pacs.client import Orthanc


@contextmanager
def hanging_up() -> Iterator[tuple[str, list[str]]]:
    """A server that reads a request to its end and hangs up; gives its address, and the paths that it was asked."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
                    length = next((int(one[15:]) for one in head.split(b"\r\n") if one[:15] == b"Content-Length:"), 0)
                    while len(body) < length:
                        body += connection.recv(65536)
                    asked.append(head.split()[1].decode())

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked


@pytest.mark.parametrize("path", ["modalities/tps/store", "peers/other/store", "dicom-web/servers/vna/stow"])
def test_what_may_have_reached_another_node_is_not_repeated(path: str) -> None:
    with hanging_up() as (url, asked):
        with pytest.raises(TargetFailed) as failed:
            Orthanc(url, token="t").ask(path, {"Resources": ["a"]})
        assert failed.value.code == "ORTHANC_UNREACHABLE"
        assert asked == [f"/{path}"]


def test_what_orthanc_does_itself_is_asked_again() -> None:
    with hanging_up() as (url, asked):
        with pytest.raises(TargetFailed):
            Orthanc(url, token="t").system()
        assert len(asked) > 1
