"""Series that could not be looked at: each is tried again by itself, with growing pauses, and given up in the end."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass

from model.backoff import Backoff

# Before the next look; after so many pauses, two minutes in all, it is looked at once more and given up.
BACKOFF = Backoff(first=2.0, longest=60.0)
MOST_PAUSES = 6
# Sentences in health; of more, their number is told.
MOST_SAID = 10


@dataclass(frozen=True)
class Setback:
    """How often a series could not be looked at, why the last time, and when it is looked at again (``ticks``)."""

    tries: int
    code: str
    next_try: float


class Setbacks:
    """Counts the failed looks at each series, in memory: a restart gives all of them a new chance."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._of: dict[str, Setback] = {}

    def failed(self, series: str, code: str) -> bool:
        """Count a failed look; returns whether the series is to be given up."""
        tries = 1 + (self._of[series].tries if series in self._of else 0)
        if tries > MOST_PAUSES:
            return True
        self._of[series] = Setback(tries, code, self._ticks() + BACKOFF.pause(tries))
        return False

    def over(self, series: str) -> None:
        """Forget a series: it could be looked at, or was given up."""
        self._of.pop(series, None)

    def holds(self, series: str) -> bool:
        """Whether a series is not to be looked at yet."""
        setback = self._of.get(series)
        return setback is not None and self._ticks() < setback.next_try

    def left(self, series: str) -> float:
        """Tell how many seconds a series is not to be looked at yet."""
        setback = self._of.get(series)
        return 0.0 if setback is None else max(0.0, setback.next_try - self._ticks())

    @property
    def remarks(self) -> list[str]:
        """What health says of the first ones: Orthanc's id, which is no patient's, and the code."""
        said = [
            f"The series {series} cannot be read from Orthanc ({one.code}, tried {one.tries} times): its log says why."
            for series, one in heapq.nsmallest(MOST_SAID, self._of.items(), key=lambda item: item[0])
        ]
        more = len(self._of) - len(said)
        return [*said, *([f"{more} more series cannot be read from Orthanc: its log says why."] if more else [])]
