"""Transfers that ended lately, and whose site has not asked for the receipts yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

# Who has fetched the contours asks for the receipts next; who has not for so long is away.
TOLD_SECONDS = 30.0


@dataclass(frozen=True)
class Unfinished:
    """What keeps a service that drains: transfers that are open, and receipts that their sites have not taken."""

    transfers: int
    receipts: int


class Untold:
    """Remembers each for a while only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ended: dict[tuple[str, str], float] = {}

    def ended(self, site: str, transfer: str) -> None:
        """Note that a transfer is over."""
        with self._lock:
            self._forget()
            self._ended[site, transfer] = self._clock()

    def told(self, site: str, transfer: str) -> None:
        """Note that its site gets the receipts."""
        with self._lock:
            self._ended.pop((site, transfer), None)

    def count(self) -> int:
        """Count them."""
        with self._lock:
            self._forget()
            return len(self._ended)

    def _forget(self) -> None:
        oldest = self._clock() - TOLD_SECONDS
        self._ended = {one: when for one, when in self._ended.items() if when > oldest}
