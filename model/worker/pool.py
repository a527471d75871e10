"""Worker processes: spawned, never forked; killed when they overrun or are not wanted, replaced when they die.

Each worker has a pipe of its own and shares no lock with another, so that one that is killed at any moment harms
nobody else. (A pool from a library broke for good when its workers were killed while they took a task.)
"""

from __future__ import annotations

import multiprocessing
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

from model.errors import AutocontourError, EngineFailed
from model.process.cores import share_cores
from model.worker.child import begin_as_child
from model.worker.inference import Asked, InferenceProcess, Lease, Serve, can_share, offer_connections

Result = TypeVar("Result")

STOP_SECONDS = 3.0
# What a worker sends before it begins a task.
TAKEN = "taken"


class Cancelled(AutocontourError):
    """The work was not wanted any more."""


class Workers:
    """So many processes that compute, each one task at a time; they stay alive and keep what they loaded.

    ``lock_memory`` keeps their memory out of swap. Each computes on its share of the cores. Where there are several,
    ``inference`` is what runs in the process that computes networks for all of them, on all cores.
    """

    def __init__(self, count: int, *, lock_memory: bool = False, inference: Serve | None = None) -> None:
        self._inference: InferenceProcess | None = None
        if inference is not None and count > 1 and can_share():
            self._inference = InferenceProcess(inference, lock_memory=lock_memory)
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(_Worker(lock_memory, count, self._inference))
        self._lock = threading.Lock()
        self._running: dict[str, _Worker] = {}
        self._unwanted: set[str] = set()

    def warm_up(self, function: Callable[[], None]) -> None:
        """Let a worker import what it will need, without waiting for it."""
        threading.Thread(target=self._warm_up, args=(function,), name="warm-up", daemon=True).start()

    def run(self, name: str, function: Callable[..., Result], *arguments: Any, seconds: float) -> Result:
        """Run ``function`` in a worker and wait; ``name`` is what ``cancel`` is given.

        Waits for a free worker first, which does not count as time. Raises what the function raises, EngineFailed
        with WORKER_DIED or WORKER_TIMEOUT, Cancelled.
        """
        worker = self._idle.get()
        try:
            with self._lock:
                self._running[name] = worker
            answer = worker.call(function, arguments, seconds)
        finally:
            with self._lock:
                self._running.pop(name, None)
                unwanted = name in self._unwanted
                self._unwanted.discard(name)
            self._idle.put(worker)
        if unwanted:
            raise Cancelled("CANCELLED", "The job was cancelled.")
        if isinstance(answer, BaseException):
            raise answer
        result: Result = answer
        return result

    def cancel(self, name: str) -> bool:
        """Kill the worker that runs ``name``; False when none does."""
        with self._lock:
            worker = self._running.get(name)
            if worker is None:
                return False
            self._unwanted.add(name)
        worker.kill()
        return True

    def stop(self) -> None:
        """Kill all workers."""
        with self._lock:
            running = list(self._running.values())
        for worker in running:
            worker.kill()
        with suppress(queue.Empty):
            while True:
                self._idle.get_nowait().kill()
        if self._inference is not None:
            self._inference.stop()

    def _warm_up(self, function: Callable[[], None]) -> None:
        worker = self._idle.get()
        try:
            worker.call(function, (), 300.0)
        finally:
            self._idle.put(worker)


@dataclass(frozen=True, slots=True)
class _Ended:
    """A process ended before it answered; ``taken`` when it may have begun the task, or was not wanted any more."""

    status: int | None
    taken: bool


_LATE = object()


class _Worker:
    """One process and the pipe to it; started at its first task, and again after it died."""

    def __init__(self, lock_memory: bool, workers: int, inference: InferenceProcess | None) -> None:
        self._lock_memory, self._workers = lock_memory, workers
        self._inference = inference
        self._leases: list[Lease] = []
        self._killed = False
        self._process: SpawnProcess | None = None
        self._pipe: Connection[Any, Any] | None = None

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...], seconds: float) -> Any:
        """Return the function's result, or the exception that it, or the end of the process, makes."""
        deadline = time.monotonic() + seconds
        answer = self._ask(function, arguments, deadline)
        if isinstance(answer, _Ended) and not answer.taken:
            # Killed while idle, it looked alive until the kernel had ended its last thread.
            answer = self._ask(function, arguments, deadline)
        if answer is _LATE:
            self.kill()
        if answer is _LATE or isinstance(answer, _Ended):
            self._let_go()
        if answer is _LATE:
            return EngineFailed("WORKER_TIMEOUT", f"The model did not finish within {seconds:.0f} s and was stopped.")
        if isinstance(answer, _Ended):
            return EngineFailed(
                "WORKER_DIED",
                f"The worker process was killed (exit status {answer.status}); "
                "the machine may be short of memory. Retry the job when it has room.",
                retry=True,
            )
        return answer

    def _ask(self, function: Callable[..., Any], arguments: tuple[Any, ...], deadline: float) -> Any:
        """Hand one task to the process; what comes back, or how the process ended before it."""
        process, pipe = self._alive()
        taken = False
        try:
            pipe.send((function, arguments))
            while wait([pipe, process.sentinel], max(0.0, deadline - time.monotonic())):
                said = pipe.recv()
                if isinstance(said, Asked) and self._inference is not None:
                    self._connect(self._inference, pipe)
                elif taken:
                    return said
                taken = True
            return _LATE
        except (EOFError, OSError):
            process.join(STOP_SECONDS)
            self._process = None
            return _Ended(process.exitcode, taken=taken or self._killed)

    def _connect(self, inference: InferenceProcess, pipe: Connection[Any, Any]) -> None:
        self._leases = [one for one in self._leases if not one.ended]
        lease = inference.give_connection(pipe)
        if lease is not None:
            self._leases.append(lease)

    def _let_go(self) -> None:
        """See to it that the inference process holds nothing of this worker, which has ended."""
        leases, self._leases = self._leases, []
        for one in leases:
            one.require_end()

    def kill(self) -> None:
        """End the process at once."""
        self._killed = True
        process = self._process  # whoever waits for its answer forgets it as soon as it has ended
        if process is not None and process.is_alive():
            process.kill()
            process.join(STOP_SECONDS)

    def _alive(self) -> tuple[SpawnProcess, Connection[Any, Any]]:
        if self._process is None or self._pipe is None or not self._process.is_alive():
            self._killed = False
            spawn = multiprocessing.get_context("spawn")
            self._pipe, theirs = spawn.Pipe()
            asks = self._inference is not None
            given = (theirs, self._lock_memory, self._workers, asks)
            self._process = spawn.Process(target=_work, args=given, daemon=True)
            self._process.start()
            theirs.close()
        return self._process, self._pipe


def _work(pipe: Connection[Any, Any], lock_memory: bool, workers: int, asks: bool) -> None:
    """Work: take a task, answer, until the pipe ends; then the gateway is gone, however it went."""
    begin_as_child(lock_memory=lock_memory)
    share_cores(workers)
    if asks:
        offer_connections(pipe)
    while True:
        try:
            function, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(TAKEN)
        try:
            answer = function(*arguments)
        except Exception as error:  # noqa: BLE001 - it is the caller's to handle, in the other process
            answer = error
        pipe.send(answer)
