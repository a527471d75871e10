"""Worker processes: spawned, never forked; killed when they overrun or are not wanted, replaced when they die."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from model.errors import AutocontourError, EngineFailed

Result = TypeVar("Result")


class Cancelled(AutocontourError):
    """The work was not wanted any more."""


class Workers:
    """A pool of processes that compute; one job at a time each."""

    def __init__(self, count: int) -> None:
        self._pool = ProcessPool(
            max_workers=count, context=multiprocessing.get_context("spawn"), initializer=_prepare_worker
        )
        self._lock = threading.Lock()
        self._running: dict[str, ProcessFuture[Any]] = {}

    def warm_up(self, function: Callable[[], None]) -> None:
        """Let a worker import what it will need, without waiting for it."""
        self._pool.schedule(function)

    def run(self, name: str, function: Callable[..., Result], *arguments: Any, seconds: float) -> Result:
        """Run ``function`` in a worker and wait; ``name`` is what ``cancel`` is given.

        Raises what the function raises, EngineFailed when the worker dies or overruns, Cancelled.
        """
        future = self._pool.schedule(function, args=arguments, timeout=seconds)
        with self._lock:
            self._running[name] = future
        try:
            result: Result = future.result()
            return result
        except CancelledError:
            raise Cancelled("CANCELLED", "The job was cancelled.") from None
        except TimeoutError:
            raise EngineFailed(
                "WORKER_TIMEOUT", f"The model did not finish within {seconds:.0f} s and was stopped."
            ) from None
        except ProcessExpired as error:
            raise EngineFailed(
                "WORKER_DIED",
                f"The worker process was killed (exit status {error.exitcode}); "
                "the machine may be short of memory. Retry the job when it has room.",
                retry=True,
            ) from None
        finally:
            with self._lock:
                self._running.pop(name, None)

    def cancel(self, name: str) -> bool:
        """Kill the worker that runs ``name``; False when none does."""
        with self._lock:
            future = self._running.get(name)
        return bool(future and future.cancel())  # type: ignore[no-untyped-call]

    def stop(self) -> None:
        """Kill all workers."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        with contextlib.suppress(RuntimeError):
            self._pool.join(timeout=3)


def _prepare_worker() -> None:
    os.umask(0o077)
    os.nice(10)  # Orthanc answers first: its latency doubles beside a busy worker of equal rank (measured)
    threading.Thread(target=_leave_with_parent, name="leave-with-parent", daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
