"""Who is refused again and again is answered later and later: so many refusals at once, then so many a second."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

# More names than this are not remembered: the one that was refused longest ago is forgotten.
REMEMBERED = 10_000


@dataclass
class Throttle:
    """A bucket of refusals for each name (a site, an address); used by the event loop alone."""

    burst: float
    per_second: float
    clock: Callable[[], float] = time.monotonic
    _spent: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait(self, name: str) -> float:
        """Return the seconds until the next attempt is looked at; 0 when it is now."""
        return max(0.0, (self._now(name) - self.burst + 1) / self.per_second)

    def refused(self, name: str) -> None:
        """Count one more refused attempt."""
        self._spent[name] = (min(self._now(name) + 1, self.burst), self.clock())
        self._spent.move_to_end(name)
        while len(self._spent) > REMEMBERED:
            self._spent.popitem(last=False)

    def _now(self, name: str) -> float:
        spent, when = self._spent.get(name, (0.0, 0.0))
        return max(0.0, spent - (self.clock() - when) * self.per_second)
