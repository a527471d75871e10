"""How fast intake comes along: what slows it is said in health, so that nobody looks for what is on its way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# A look at an idle change log takes some milliseconds; so slow is said after so many in a row.
SLOW_SECONDS = 1.0
LOOKS = 3


class Pace:
    """Measures the looks at the change log; used by the loop, read by health."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._slow = {"Orthanc": 0, "The database": 0}
        self._seconds = {"Orthanc": 0.0, "The database": 0.0}
        self._read = 0
        self.behind = False

    @contextmanager
    def of_orthanc(self) -> Iterator[None]:
        """Measure a look at Orthanc's change log."""
        with self._measured("Orthanc"):
            yield

    @contextmanager
    def of_the_database(self) -> Iterator[None]:
        """Measure a look at one row."""
        with self._measured("The database"):
            yield

    def read(self, entries: int, *, more: bool) -> None:
        """Note how many entries of the change log were read, and whether there are more."""
        self._read = self._read + entries if more or self.behind else 0
        self.behind = more

    @property
    def remarks(self) -> list[str]:
        """What health says."""
        said = [
            f"{who} answers slowly ({self._seconds[who]:.1f} s for one look); series are taken in more slowly, none is "
            "lost."
            for who in self._slow_ones()
        ]
        if self.behind:
            said.append(
                f"Orthanc's change log is long: {self._read} entries were read, and more are to be read before series "
                "are decided on."
            )
        return said

    def _slow_ones(self) -> list[str]:
        """Return who is slow; a look at Orthanc ends in the database, so where that is slow nobody knows of Orthanc."""
        slow = [who for who in ("The database", "Orthanc") if self._slow[who] >= LOOKS]
        return slow[:1]

    @contextmanager
    def _measured(self, who: str) -> Iterator[None]:
        started = self._ticks()
        try:
            yield
        finally:
            self._seconds[who] = self._ticks() - started
            # A look that reads many entries may take long.
            slow = self._seconds[who] > SLOW_SECONDS and not self.behind
            self._slow[who] = self._slow[who] + 1 if slow else 0
