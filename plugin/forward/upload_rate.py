"""How fast uploads go: whether compressing them costs less than it saves."""

from __future__ import annotations

import threading

# Below this rate (bytes per second, all uploads together) compressing at level 1 costs less than it saves.
COMPRESS_BELOW = 15e6
PLAIN_ABOVE = 60e6
MEASURED_BYTES = 2_000_000


class UploadRate:
    """The rate of the uploads that run side by side, measured anew every few megabytes.

    A connection that was slow for a moment is not slow for good.
    """

    def __init__(self, parallel: int) -> None:
        self._parallel = parallel
        self._lock = threading.Lock()
        self._bytes, self._seconds = 0, 0.0
        self.slow = False

    def add(self, size: int, seconds: float) -> None:
        """Count one request: its bytes, and how long it took while others went beside it."""
        with self._lock:
            self._bytes += size
            self._seconds += seconds
            if self._bytes < MEASURED_BYTES:
                return
            rate = self._parallel * self._bytes / max(self._seconds, 1e-6)
            # Two limits, apart from each other: what is compressed is less, and so the connection looks faster.
            self.slow = rate < (PLAIN_ABOVE if self.slow else COMPRESS_BELOW)
            self._bytes, self._seconds = 0, 0.0
