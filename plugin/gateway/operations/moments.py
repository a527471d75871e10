"""The present moment for many who look at once: made at most every so often, and waited for until it changes."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plugin.state.writes import Writes

# Each held request holds one of Orthanc's HTTP threads and one of the plugin's threads for requests.
MOST_HELD = 3
CALLERS_PER_HELD = 4
HOLD_SECONDS = 20.0
# Looked at as often while something runs, whose progress is written to no table; and when nothing does.
BUSY_SECONDS, IDLE_SECONDS = 1.0, 5.0
# What changes within this is one change.
TOGETHER_SECONDS = 0.4


@dataclass(frozen=True)
class Moment:
    """One state of affairs: ``body`` is its JSON in UTF-8, ``tag`` the same for the same body."""

    tag: str
    body: bytes
    busy: bool


def places_for(callers: int) -> int:
    """How many requests may be held, of so many that may wait for the gateway at once."""
    return min(MOST_HELD, callers // CALLERS_PER_HELD)


class Moments:
    """Makes moments of what ``show`` returns; ``places`` is how many may be held at once."""

    def __init__(
        self,
        show: Callable[[], dict[str, Any]],
        writes: Writes,
        places: int,
        *,
        hold_seconds: float = HOLD_SECONDS,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show = show
        self._writes = writes
        self._places = threading.Semaphore(places)
        self._hold_seconds = hold_seconds
        self._ticks = ticks
        self._making = threading.Lock()
        self._made = -1.0
        self._at_write = -1
        self._latest: Moment | None = None

    def present(self) -> Moment:
        """Return the present moment; made anew when something was written, or the last one is some time ago."""
        with self._making:
            written, now = self._writes.count, self._ticks()
            age = now - self._made
            if self._latest is None or age > BUSY_SECONDS or (written != self._at_write and age > TOGETHER_SECONDS):
                self._latest = _moment(self._show())
                self._made, self._at_write = now, written
            return self._latest

    def after(self, tag: str) -> tuple[Moment, bool]:
        """Return the next moment that is another than ``tag``, and whether there was a place to wait for it.

        Waits for some seconds, without a place not at all; then it is the present one whatever it is.
        """
        moment = self.present()
        if moment.tag != tag:
            return moment, True
        if not self._places.acquire(blocking=False):
            return moment, False
        try:
            ends = self._ticks() + self._hold_seconds
            while moment.tag == tag and (left := ends - self._ticks()) > 0:
                self._writes.wait_beyond(self._at_write, min(left, BUSY_SECONDS if moment.busy else IDLE_SECONDS))
                # Of many writes in a row, the first wakes: the others are seen together with it.
                time.sleep(min(TOGETHER_SECONDS, max(0.0, ends - self._ticks())))
                moment = self.present()
            return moment, True
        finally:
            self._places.release()


def _moment(shown: dict[str, Any]) -> Moment:
    body = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
    busy = any(shown[key]["Total"] for key in ("Arriving", "Waiting", "Running"))
    return Moment(hashlib.sha256(body).hexdigest()[:24], body, busy)
