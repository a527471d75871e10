"""Why this gateway starts no job now: its disk has no room for a series, or its Orthanc does not answer.

A job that waits loses nothing, and another gateway of the group may take it; one that is begun would fail.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from model.errors import AutocontourError
from plugin.state.disk import could_ever_hold, shortage
from plugin.workflow.queue import DISK, ORTHANC, WaitReason

# How long it is known that Orthanc answers, and that it does not.
ANSWERS_SECONDS, SILENT_SECONDS = 5.0, 1.0
# How long a job that found no room is remembered: it asks again before.
REMEMBERED_SECONDS = 60.0
AWAY = "Orthanc does not answer; no job starts until it does. Nothing is lost."


class Room:
    """Asked by the queue before it starts a job, and by each job before it writes its series; for several threads."""

    def __init__(
        self, spool: Path, ask_orthanc: Callable[[], object], ticks: Callable[[], float] = time.monotonic
    ) -> None:
        """``ask_orthanc`` raises AutocontourError when it does not answer."""
        self._spool = spool
        self._ask_orthanc = ask_orthanc
        self._ticks = ticks
        self._lock = threading.Lock()
        # What a job needed that found no room, and until when it counts.
        self._needed, self._until = 0, float("-inf")
        self._answers, self._known_until = True, float("-inf")

    def require(self, size: int) -> None:
        """Raise AutocontourError with DISK_FULL while so many bytes have no room; no retry where they never can."""
        reason = shortage(self._spool, size)
        if reason is None:
            return
        possible = could_ever_hold(self._spool, size)
        if possible:
            with self._lock:
                self._needed, self._until = max(size, self._needed), self._ticks() + REMEMBERED_SECONDS
        raise AutocontourError("DISK_FULL", reason, retry=possible)

    def reason(self) -> WaitReason | None:
        """Return why no job may start; None when one may."""
        with self._lock:
            if self._ticks() > self._until:
                self._needed = 0
            needed = self._needed
        short = shortage(self._spool, needed)
        if short is not None:
            return WaitReason(DISK, short)
        return None if self._orthanc_answers() else WaitReason(ORTHANC, AWAY)

    def _orthanc_answers(self) -> bool:
        if self._ticks() >= self._known_until:
            try:
                self._ask_orthanc()
                self._answers = True
            except AutocontourError:
                self._answers = False
            self._known_until = self._ticks() + (ANSWERS_SECONDS if self._answers else SILENT_SECONDS)
        return self._answers
