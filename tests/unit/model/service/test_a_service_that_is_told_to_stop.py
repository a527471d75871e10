"""A service that is told to stop ends well: whatever is connected, whenever it is told, once receipts were taken."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from model.service.connection import Connection, connections
from model.service.crowd import Crowd
from model.service.drain import DrainingServer
from model.service.untold import TOLD_SECONDS, Unfinished, Untold
from plugin.privacy.clean import CleanSeries
from tests.builders.orthanc_process import CHECKOUT, until
from tests.builders.service_process import END_SECONDS, ServiceProcess

Start = Callable[..., ServiceProcess]


def stop(service: ServiceProcess) -> None:
    assert service.process is not None
    service.process.send_signal(signal.SIGTERM)


def test_who_has_the_contours_still_gets_the_receipts(start_service: Start, series: CleanSeries) -> None:
    service = start_service(keys={"DrainSeconds": 900})
    north = service.client()
    transfer = north.send(series)
    north.wait(transfer, "ready")
    stop(service)
    until(lambda: "stopping: takes no new transfers, finishes 1" in service.tail(), "it drains")
    assert north.fetch(transfer).status_code == 200
    until(lambda: "the receipts of 1 are still awaited" in service.tail(), "it waits for who asks next")
    ending = north.call("DELETE", f"/v1/transfers/{transfer}")
    assert (ending.status_code, ending.json()["State"]) == (200, "deleted")
    service.require_good_end()


def test_receipts_are_awaited_until_told_or_for_a_while() -> None:
    now = 100.0
    untold = Untold(lambda: now)
    untold.ended("north", "one")
    untold.ended("north", "other")
    untold.told("north", "one")
    untold.told("south", "other")
    assert untold.count() == 1
    now += TOLD_SECONDS
    assert untold.count() == 0


@pytest.mark.parametrize("request_", [b"GET /ready HTTP/1.0\r\n\r\n", b"nonsense\r\n\r\n"], ids=["closing", "refused"])
def test_connections_that_are_closing_do_not_break_the_end(start_service: Start, request_: bytes) -> None:
    service = start_service(keys={"DrainSeconds": 900})
    context = ssl.create_default_context(cafile=service.ca)
    with ExitStack() as held:
        for _ in range(3):
            wire = held.enter_context(socket.create_connection(("localhost", service.port)))
            secured = held.enter_context(context.wrap_socket(wire, server_hostname="localhost"))
            secured.settimeout(60)
            secured.sendall(request_)
            assert secured.recv(1), "it was answered, and is being closed; this end says no goodbye"
        stop(service)
        service.require_good_end()
    assert "Traceback" not in service.tail(1000)


class ClosedOnce:
    """TLS as Python 3.11.2 has it: closed twice, it holds nothing, and aborting fails."""

    def __init__(self) -> None:
        self.closed = self.aborted = 0

    def is_closing(self) -> bool:
        return bool(self.closed)

    def close(self) -> None:
        self.closed += 1

    def abort(self) -> None:
        if self.closed > 1:
            raise AttributeError("'NoneType' object has no attribute '_abort'")
        self.aborted += 1

    def get_extra_info(self, _name: str) -> None:
        return None


@pytest.mark.parametrize(("closed", "aborted"), [(0, 1), (1, 1), (2, 0)])
def test_a_connection_is_let_go_however_often_it_was_closed(closed: int, aborted: int, monkeypatch: Any) -> None:
    monkeypatch.setattr("model.service.connection.GOODBYE_SECONDS", 0.0)

    async def let_go() -> ClosedOnce:
        transport: Any = ClosedOnce()
        config = uvicorn.Config(app=lambda: None, log_config=None)
        config.load()
        kind: Any = connections(600, 600, Crowd(8))
        made: Connection = kind(config=config, server_state=uvicorn.server.ServerState(), app_state={})
        made.connection_made(transport)
        transport.closed = closed
        made.shutdown()
        await asyncio.sleep(0.01)  # the timer's turn
        made.connection_lost(None)
        assert made._late is None
        return transport  # type: ignore[no-any-return]

    assert asyncio.run(let_go()).aborted == aborted


def test_one_that_is_told_before_it_listens_ends_too(tmp_path: Path) -> None:
    for seconds in (0, 900):
        service = ServiceProcess(
            tmp_path / str(seconds), keys={"DrainSeconds": seconds}, environment={"FAULT": "stop:introduce"}
        )
        service.write()
        call = [*service.command(), str(service.path)]
        environment = os.environ | dict(service.environment)
        ended = subprocess.run(
            call, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=END_SECONDS, check=False
        )
        assert ended.returncode == 0, ended.stderr
        assert "listening on" in ended.stderr
        service.stop()


def test_the_signal_itself_does_nothing_that_could_need_a_lock() -> None:
    called: list[str] = []

    def unfinished() -> Unfinished:
        called.append("unfinished")
        return Unfinished(1, 0)

    server = DrainingServer(uvicorn.Config(app=lambda: None), lambda: called.append("drain"), unfinished, 900)
    server.handle_exit(signal.SIGTERM, None)
    assert called == []
    assert asyncio.run(server.on_tick(1)) is False
    assert called[0] == "drain"
    server.handle_exit(signal.SIGTERM, None)
    assert asyncio.run(server.on_tick(2)) is True
    assert called.count("drain") == 1
