"""Series whose study is waited for, since a rule contours the best one of it (OnePerStudy).

In memory: after a restart they are found again in the table of series.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plugin.intake.arrivals import Arrivals
from plugin.intake.known_series import SeriesTable


@dataclass(frozen=True, slots=True)
class StudyWait:
    """What is waited for: that nothing of these series comes for so many seconds; ``reason`` is a sentence.

    ``seconds`` hold while ``newest`` (seconds since the epoch) is the newest arrival, ``least`` from the next one on.
    """

    study: str
    series: tuple[str, ...]
    newest: float
    seconds: float
    least: float
    reason: str


class StudyWaits:
    """Who waits, so that a series is not read again before its study may be quiet."""

    def __init__(self, arrivals: Arrivals, table: SeriesTable) -> None:
        self._arrivals = arrivals
        self._table = table
        self._waits: dict[str, StudyWait] = {}

    def quiet(self, series: Iterable[str]) -> tuple[float, float]:
        """Tell for how many seconds nothing of these series came, and when the last came (seconds since the epoch)."""
        known = [one.arrival for one in self._table.among(series)]
        least = min((self._arrivals.quiet_for(arrival) for arrival in known), default=0.0)
        return least, max((arrival.last_arrival for arrival in known), default=0.0)

    def note(self, series: str, wait: StudyWait) -> None:
        """Note what a series waits for."""
        self._waits[series] = wait

    def over(self, series: str) -> None:
        """Forget a series: it was decided on, or is gone."""
        self._waits.pop(series, None)

    def holds(self, series: str) -> bool:
        """Whether a series has to wait on."""
        wait = self._waits.get(series)
        if wait is None:
            return False
        return self._left(wait) > 0

    def left(self, series: str) -> float | None:
        """Tell after how many seconds to look whether a series has to wait on; None when it does not wait.

        A newer arrival in the study shortens the wait to its least time.
        """
        wait = self._waits.get(series)
        return None if wait is None else max(0.0, min(self._left(wait), wait.least))

    def _left(self, wait: StudyWait) -> float:
        quiet, newest = self.quiet(wait.series)
        return (wait.seconds if newest == wait.newest else wait.least) - quiet

    def of(self, series: str) -> StudyWait | None:
        """Return what a series waits for; None when it does not."""
        return self._waits.get(series)

    def reason(self, series: str) -> str | None:
        """Return what a series waits for; None when it does not."""
        wait = self._waits.get(series)
        return None if wait is None else wait.reason

    @property
    def studies(self) -> int:
        """How many studies are waited for."""
        return len({wait.study for wait in list(self._waits.values())})
