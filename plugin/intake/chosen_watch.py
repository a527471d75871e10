"""Whether the series that were chosen of their studies are still in Orthanc; its change log does not tell of deletions.

For a week: what is deleted later is cleaned up rather than replaced, and nobody waits for contours of the next best.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from plugin.intake.series_jobs import SeriesJobs
from plugin.pacs.client import Orthanc

WATCHED_SECONDS = 7 * 86400.0
# Between two looks; one asks Orthanc's index once for all.
PAUSE_SECONDS = 10.0


class ChosenWatch:
    """Looks for chosen series that are gone; what is watched is kept in memory, and found again after a restart."""

    def __init__(
        self,
        orthanc: Orthanc,
        jobs: SeriesJobs,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._orthanc = orthanc
        self._jobs = jobs
        self._clock = clock
        self._ticks = ticks
        self._since: dict[str, float] | None = None
        self._looked: float | None = None

    def watch(self, series: str) -> None:
        """Watch a series that was chosen just now."""
        self._watched()[series] = self._clock()

    def gone(self) -> list[str]:
        """Return those that are gone since the last look, each once; empty where it is too early for another look."""
        if self._looked is not None and self._ticks() - self._looked < PAUSE_SECONDS:
            return []
        watched = self._watched()
        oldest = self._clock() - WATCHED_SECONDS
        for series in [one for one, since in watched.items() if since < oldest]:
            del watched[series]
        there = self._orthanc.last_updates(list(watched)) if watched else {}
        gone = [one for one in watched if one not in there and not self._orthanc.exists("series", one)]
        self._looked = self._ticks()
        return gone

    def over(self, series: str) -> None:
        """Watch a series no more."""
        self._watched().pop(series, None)

    def _watched(self) -> dict[str, float]:
        if self._since is None:
            self._since = self._jobs.chosen_since(self._clock() - WATCHED_SECONDS)
        return self._since
