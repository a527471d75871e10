"""The real service with one fault.

FAULT is ``kill:WHERE``, ``pause:WHERE:SECONDS``, ``hold:WHERE:FILE`` (until the file is there), ``raise:WHERE``,
``stop:WHERE`` (it is told to stop) or ``cut:ROUTE``.

WHERE is a method of Transfers (open, take, start, process), of Endings (fetched, end), ``introduce`` (it is up, and
does not listen yet) or ``drawn`` (after the worker has drawn);
``worker-dies:drawn`` kills the first task's worker. ``cut:ROUTE`` does what the first two requests of a route ask for
(open, instances, start, status, rtstruct, delete), and breaks their connections before they are told.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def install(fault: str) -> None:
    """Wrap one method of the real service."""
    from model.service.endings import Endings
    from model.service.serve import Service
    from model.service.transfers import Transfers
    from model.worker.pool import Workers

    kind, _, rest = fault.partition(":")
    where, _, argument = rest.partition(":")

    def strike() -> None:
        if kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif kind == "pause":
            time.sleep(float(argument))
        elif kind == "hold":
            while not Path(argument).exists():
                time.sleep(0.05)
        elif kind == "stop":
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            raise ValueError("cannot parse Testmann^Vertraulich")

    owners = {"drawn": Workers, "introduce": Service, "fetched": Endings, "end": Endings}
    owner: Any = owners.get(where, Transfers)
    name = {"drawn": "run", "introduce": "_introduce"}.get(where, where)
    original = getattr(owner, name)

    def faulty(self: Any, *arguments: Any, **named: Any) -> Any:
        if where != "drawn":
            strike()
            return original(self, *arguments, **named)
        result = original(self, *arguments, **named)
        strike()
        return result

    setattr(owner, name, faulty)


def cut(route: str) -> None:
    """Break the connection of the first two requests of one route, in the middle of the answer."""
    from model.service.authentication import AuthAndLimits
    from model.service.connection import Connection

    wanted: Callable[[str, str], bool] = {
        "open": lambda method, path: method == "POST" and path.endswith("/transfers"),
        "instances": lambda _method, path: "/instances" in path,
        "start": lambda _method, path: path.endswith("/start"),
        "status": lambda method, path: method == "GET" and len(path.rpartition("/")[2]) == 32,
        "rtstruct": lambda _method, path: path.endswith("/rtstruct"),
        "delete": lambda method, _path: method == "DELETE",
    }[route]
    left = iter(range(2))
    plain: Any = AuthAndLimits.__call__
    made: Any = Connection.connection_made

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        self.app_state = {**self.app_state, "transport": transport}

    async def faulty(self: Any, scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            body = message.get("body", b"")
            if cutting and body:
                await send(message | {"body": body[: len(body) // 2], "more_body": True})
                scope["state"]["transport"].abort()
                raise ConnectionAbortedError
            await send(message)

        cutting = scope["type"] == "http" and wanted(scope["method"], scope["path"]) and next(left, None) is not None
        await plain(self, scope, receive, sending)

    Connection.connection_made = connection_made  # type: ignore[method-assign]
    AuthAndLimits.__call__ = faulty  # type: ignore[method-assign]


def let_worker_die() -> None:
    """The worker of the first task is killed while it draws."""
    from model.worker.pool import Workers

    original, left = Workers.run, iter(range(1))

    def run(self: Any, name: str, *arguments: Any, **named: Any) -> Any:
        if next(left, None) is not None:
            return original(self, name, os.abort, seconds=60)
        return original(self, name, *arguments, **named)

    Workers.run = run  # type: ignore[method-assign]


def main() -> None:
    """Install the fault, then serve."""
    from model.process.hardening import harden_process

    harden_process()  # as the command line does
    fault = os.environ["FAULT"]
    if fault.startswith("cut:"):
        cut(fault.removeprefix("cut:"))
    elif fault == "worker-dies:drawn":
        let_worker_die()
    else:
        install(fault)
    from plugin.cli import main as command

    raise SystemExit(command(["serve", sys.argv[1]]))


if __name__ == "__main__":
    main()
