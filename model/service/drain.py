"""A service that is told to stop: it takes nothing new, finishes what it has within a limit, and then ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from types import FrameType

import uvicorn

from model.service.untold import Unfinished

logger = logging.getLogger(__name__)


class DrainingServer(uvicorn.Server):
    """A server whose first signal to stop drains; the second one, or the limit, ends it."""

    def __init__(
        self, config: uvicorn.Config, drain: Callable[[], None], unfinished: Callable[[], Unfinished], limit: float
    ) -> None:
        """Take what is called when draining begins, what counts what is left then, and the seconds."""
        super().__init__(config)
        self._drain = drain
        self._unfinished = unfinished
        self._limit = limit
        self._signal: int | None = None
        self._ends: float | None = None
        self._receipts_said = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note the first signal, and stop at once on the second."""
        if self._signal is not None or not self._limit:
            super().handle_exit(sig, frame)
            return
        # Nothing else here: what the signal has interrupted may hold locks that logging, or a thread's start, needs.
        self._signal = sig

    async def on_tick(self, counter: int) -> bool:
        """Look, as often as the server does, whether to drain and whether that is done; returns whether to end."""
        if self._signal is not None and not self.should_exit:
            self._look(self._signal)
        return await super().on_tick(counter)

    def _look(self, sig: int) -> None:
        now = time.monotonic()
        if self._ends is None:
            self._ends = now + self._limit
            self._drain()
            logger.info(
                "stopping: takes no new transfers, finishes %d within %g s", self._unfinished().transfers, self._limit
            )
        left = self._unfinished()
        if now >= self._ends or not (left.transfers or left.receipts):
            super().handle_exit(sig, None)
        elif not left.transfers and not self._receipts_said:
            self._receipts_said = True
            logger.info("stopping: all transfers have ended; the receipts of %d are still awaited", left.receipts)
