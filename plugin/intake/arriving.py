"""What each series waits for that has come and is not decided on yet; from memory and the table alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plugin.intake.arrivals import Arrival, Arrivals
from plugin.intake.intake import Intake
from plugin.intake.study_waits import StudyWaits
from plugin.settings.settings import Settings

QUIET, SLICES, STUDY, TROUBLE, SETBACK, IN_A_MOMENT = "quiet", "slices", "study", "trouble", "setback", "soon"


@dataclass(frozen=True)
class Arriving:
    """A series that arrives: its last news and until when it waits, in seconds since the epoch; None: nobody knows."""

    series: str
    arrived: float
    code: str
    message: str
    until: float | None = None


class ArrivingSeries:
    """Asks the parts of intake what they wait for; nothing is read from Orthanc."""

    def __init__(
        self,
        arrivals: Arrivals,
        intake: Intake,
        waits: StudyWaits,
        settings: Settings,
        *,
        trouble: Callable[[], str | None],
        held: Callable[[str], bool],
    ) -> None:
        """``trouble`` says why intake does not work now, None when it does; ``held`` whether a series is to wait."""
        self._arrivals = arrivals
        self._intake = intake
        self._waits = waits
        self._settings = settings
        self._trouble = trouble
        self._held = held

    def newest(self, limit: int) -> list[Arriving]:
        """Return the series that arrive, those with the latest news first."""
        return [self._of(arrival) for arrival in self._arrivals.newest_pending(limit)]

    def _of(self, arrival: Arrival) -> Arriving:
        code, message, until = self._reason(arrival)
        return Arriving(arrival.series, arrival.last_arrival, code, message, until)

    def _reason(self, arrival: Arrival) -> tuple[str, str, float | None]:
        trouble = self._trouble()
        if trouble is not None:
            return TROUBLE, trouble, None
        quiet, longest = self._settings.quiet_seconds, self._settings.incomplete_seconds
        if self._arrivals.quiet_for(arrival) < quiet:
            message = f"Slices are coming: {quiet:g} s without a new one are waited for (QuietSeconds)."
            return QUIET, message, arrival.last_arrival + quiet
        if self._held(arrival.series):
            return SETBACK, "It could not be read from Orthanc and is tried again by itself.", None
        if self._intake.misses_slices(arrival):
            message = f"Slices are missing: they are waited for, {longest:g} s after the last one (IncompleteSeconds)."
            return SLICES, message, arrival.last_arrival + longest
        wait = self._waits.of(arrival.series)
        if wait is not None:
            return STUDY, wait.reason, wait.newest + wait.seconds
        return IN_A_MOMENT, "It is quiet and is decided on in a moment.", None
