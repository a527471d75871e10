"""The inference process: one that computes networks for all workers of a pool, so that each is held once.

It is started when a worker first asks for it and again after it died. A worker asks its parent, who makes a pair of
sockets and gives one end to each, so nothing has a name that others could connect to. With its end the inference
process gets the end of a pipe that nobody writes into, and closes it when it has let go of the worker: one that does
not let go of a worker that has ended is stuck, and is killed.
"""

from __future__ import annotations

import multiprocessing
import socket
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from model.errors import EngineFailed
from model.process.descriptors import receive_with, send_with
from model.worker.child import begin_as_child

# What runs in the process: it is given a socket over which connections to workers arrive, until that ends.
Serve = Callable[[socket.socket], None]
Connect = Callable[[], socket.socket]

STOP_SECONDS = 3.0
# A layer that is being computed, or a network that is being read, ends before it lets go.
LET_GO_SECONDS = 60.0
WORKER, GIVEN, NOT_GIVEN = b"worker", b"+", b"-"

# How a worker's code gets a connection; None where networks are computed in the worker itself.
_connect: ContextVar[Connect | None] = ContextVar("connect", default=None)


def inference_connection() -> Connect | None:
    """Return what connects this worker to the inference process; None where there is none."""
    return _connect.get()


def can_share() -> bool:
    """Whether this system has what two processes share memory by."""
    return sys.platform == "linux"


@dataclass(frozen=True)
class Asked:
    """What a worker sends to its parent when it needs a connection."""


def offer_connections(pipe: Connection[Any, Any]) -> None:
    """In a worker, whose pipe to the parent this is: let its code connect to the inference process."""

    def connect() -> socket.socket:
        pipe.send(Asked())
        with _socket_of(pipe) as parent:
            _, descriptors = receive_with(parent, 1, 1)
        if not descriptors:
            raise died()
        return socket.socket(fileno=descriptors[0])

    _connect.set(connect)


def died() -> EngineFailed:
    """Return what a job ends with when the inference process ended or did not start."""
    return EngineFailed(
        "WORKER_DIED",
        "The process that computes the networks was killed; the machine may be short of memory. "
        "Retry the job when it has room.",
        retry=True,
    )


class Lease:
    """A worker's hold on one inference process."""

    def __init__(self, owner: InferenceProcess, process: SpawnProcess, let_go: Connection[Any, Any]) -> None:
        self._owner, self._process, self._let_go = owner, process, let_go

    @property
    def ended(self) -> bool:
        """Whether the inference process has let go, or has ended itself."""
        return bool(wait([self._let_go], 0))

    def require_end(self) -> None:
        """After the worker has ended: wait until the process has let go of it, and kill it when it does not."""
        if not wait([self._let_go], LET_GO_SECONDS):
            self._owner.end(self._process)
        self._let_go.close()


class InferenceProcess:
    """As its parent sees it; ``serve`` is what runs in it."""

    def __init__(self, serve: Serve, *, lock_memory: bool = False) -> None:
        self._serve, self._lock_memory = serve, lock_memory
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._control: socket.socket | None = None

    def give_connection(self, pipe: Connection[Any, Any]) -> Lease | None:
        """Connect a worker that asked, over the pipe to it; None, which it is told, where that cannot be."""
        with _socket_of(pipe) as worker:
            try:
                connection, lease = self._connected()
            except OSError:
                send_with(worker, NOT_GIVEN)
                return None
            with connection:
                send_with(worker, GIVEN, [connection.fileno()])
            return lease

    def stop(self) -> None:
        """Kill it; a worker that still works starts another one."""
        with self._lock:
            self._end()

    def end(self, process: SpawnProcess) -> None:
        """Kill this one process, if it was not replaced already."""
        with self._lock:
            if process is self._process:
                self._end()

    def _connected(self) -> tuple[socket.socket, Lease]:
        """Return the worker's end of a connection, and its lease."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        let_go, held = multiprocessing.Pipe(duplex=False)
        with theirs, held, self._lock:
            for _ in range(2):
                process, control = self._alive()
                try:
                    send_with(control, WORKER, [theirs.fileno(), held.fileno()])
                except OSError:  # it died meanwhile, or takes nothing any more
                    self._end()
                else:
                    return ours, Lease(self, process, let_go)
        ours.close()
        let_go.close()
        raise ConnectionRefusedError

    def _alive(self) -> tuple[SpawnProcess, socket.socket]:
        if self._process is None or self._control is None or not self._process.is_alive():
            self._end()
            spawn = multiprocessing.get_context("spawn")
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._control.setblocking(False)
            with theirs:
                self._process = spawn.Process(target=_run, args=(self._serve, theirs, self._lock_memory), daemon=True)
                self._process.start()
        return self._process, self._control

    def _end(self) -> None:
        process, control = self._process, self._control
        self._process, self._control = None, None
        if control is not None:
            control.close()
        if process is not None:
            process.kill()
            process.join(STOP_SECONDS)


def _run(serve: Serve, control: socket.socket, lock_memory: bool) -> None:
    try:
        begin_as_child(lock_memory=lock_memory)
        serve(control)
    except Exception:  # noqa: BLE001 - multiprocessing would print its text
        sys.excepthook(*sys.exc_info())
        sys.exit(1)


def _socket_of(pipe: Connection[Any, Any]) -> socket.socket:
    return socket.fromfd(pipe.fileno(), socket.AF_UNIX, socket.SOCK_STREAM)
