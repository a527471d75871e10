"""Waits out what is temporary: a target that is down for an hour costs an hour, and no job."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from model.backoff import Backoff
from model.errors import AutocontourError
from model.worker.pool import Cancelled
from plugin.forward.http import Busy

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

BACKOFF = Backoff(first=0.5, longest=60.0, jitter=0.2)
LOOK_SECONDS = 0.5


class Failover(Protocol):
    """Another way, where waiting for this one does not help."""

    def pause(self, error: AutocontourError, waited: float, pause: float) -> float:
        """Return how long to pause after ``waited`` seconds of failing; raises what gives up."""
        ...


class Retry:
    """Runs work again with growing pauses until a limit, or until nobody wants the result any more."""

    def __init__(
        self,
        limit: datetime,
        wanted: Callable[[], bool],
        failed: Callable[[str], None],
        succeeded: Callable[[], None],
        waiting: Callable[[str], None] = lambda _sentence: None,
        failover: Failover | None = None,
    ) -> None:
        """Take whom to tell: ``failed`` the code of each temporary failure, ``succeeded`` that it works again.

        ``waiting`` is told in a sentence what is waited for. ``failover`` says when waiting is given up.
        """
        self._limit = limit
        self._wanted = wanted
        self._failed = failed
        self._succeeded = succeeded
        self._waiting = waiting
        self._failover = failover

    def with_failover(self, failover: Failover) -> Retry:
        """Return the same with another place to go to when waiting does not help."""
        return Retry(self._limit, self._wanted, self._failed, self._succeeded, self._waiting, failover)

    def run(self, work: Callable[[], Result]) -> Result:
        """Run ``work``, again while it fails with what is temporary.

        Raises what is final, the last temporary failure once the limit is reached, Cancelled.
        """
        failures = paused = 0
        began: float | None = None
        while True:
            self.require_wanted()
            try:
                result = work()
            except AutocontourError as error:
                if not error.retry:
                    raise
                after = error.after if isinstance(error, Busy) else 0.0
                # Who is told when to come comes then: a service that is busy for a moment is not left idle for minutes.
                pause = after * random.uniform(1.0, 1.5) if after else BACKOFF.pause(paused + 1)
                if self._failover is not None:
                    began = began or time.monotonic()
                    try:
                        pause = self._failover.pause(error, time.monotonic() - began, pause)
                    except AutocontourError:
                        self._succeeded()  # the target takes work, if elsewhere
                        raise
                if datetime.now(UTC).timestamp() + pause > self._limit.timestamp():
                    raise _final(error) from None
                failures += 1
                paused += not after
                self._failed(error.code)
                self._waiting(f"waiting for the target ({error.code}), next try in {pause:.0f} s")
                logger.warning("%s; trying again in %.1f s", error.code, pause)
                self.sleep(pause)
            else:
                if failures:
                    self._succeeded()
                return result

    def sleep(self, seconds: float) -> None:
        """Pause, and wake up when nobody wants the result any more; raises Cancelled."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))
            self.require_wanted()

    def require_wanted(self) -> None:
        """Raise Cancelled when the job has ended meanwhile."""
        if not self._wanted():
            raise Cancelled("CANCELLED", "The job was cancelled.")


def _final(error: AutocontourError) -> AutocontourError:
    error.retry = False
    return error
