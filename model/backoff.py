"""The pauses between attempts: one rule, with the numbers of each place where something is tried again."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Growing pauses: ``first``, each ``factor`` times the one before, none longer than ``longest`` (seconds).

    ``jitter`` is the part of a pause by which it is lengthened or shortened at random, so that those who failed
    together do not all come back together.
    """

    first: float
    longest: float
    factor: float = 2.0
    jitter: float = 0.0

    def pause(self, failures: int) -> float:
        """Give the seconds to wait after so many failures in a row, at least one."""
        length = self.first
        for _ in range(failures - 1):
            if length >= self.longest:
                break
            length *= self.factor
        return min(self.longest, length) * (random.uniform(1 - self.jitter, 1 + self.jitter) if self.jitter else 1.0)
