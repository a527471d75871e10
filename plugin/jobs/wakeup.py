"""Wakes a loop that waits for work; notifications that come while it works are one."""

from __future__ import annotations

import threading


class Wakeup:
    """Shared by the loop that waits and by whoever has news for it; losing none is the point, counting them is not."""

    def __init__(self) -> None:
        self._news = threading.Event()

    def notify(self) -> None:
        """Let the loop look now; returns at once."""
        self._news.set()

    def wait(self, seconds: float) -> None:
        """Wait until notified, or for so long; what was notified since the last wait ends this one at once."""
        self._news.wait(seconds)
        self._news.clear()
