"""What a piece of work may take: looked at between its parts, as a network cannot be broken off inside one."""

from __future__ import annotations

import time

from model.errors import EngineFailed


class Deadline:
    """Ends so many seconds after it is made; ``code`` and ``late`` say what was not done in time, and the way out."""

    def __init__(self, seconds: float, code: str, late: str) -> None:
        """Begin now; ``late`` has a place for the minutes, {minutes}."""
        self._end = time.monotonic() + seconds
        self._code = code
        self._late = late.format(minutes=f"{seconds / 60:.0f}")

    def look(self) -> None:
        """Raise EngineFailed when the time is up."""
        if time.monotonic() > self._end:
            raise EngineFailed(self._code, self._late)
