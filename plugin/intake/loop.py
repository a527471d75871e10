"""The loop of intake: when woken, and every few seconds anyway, read what changed and decide what is quiet."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from model.errors import AutocontourError
from plugin.intake.arrivals import Arrival, Arrivals
from plugin.intake.changes import read_changes
from plugin.intake.intake import Intake
from plugin.intake.reconcile import Reconciliation
from plugin.intake.results import StoredResults
from plugin.intake.setbacks import Setbacks
from plugin.jobs.wakeup import Wakeup
from plugin.pacs.client import OF_ORTHANC, Orthanc
from plugin.state.disk import is_of_a_full_disk

logger = logging.getLogger(__name__)

# Reading an empty page of the change log takes Orthanc about a millisecond.
IDLE_SECONDS = 2.0
TROUBLE_SECONDS = 5.0


class IntakeLoop:
    """Runs intake in a thread of its own until stopped."""

    def __init__(
        self,
        orthanc: Orthanc,
        arrivals: Arrivals,
        intake: Intake,
        results: StoredResults,
        quiet_seconds: float,
        started: float,
        wakeup: Wakeup,
    ) -> None:
        """Follow one Orthanc.

        ``started`` is when Orthanc started (seconds since the epoch); ``wakeup`` is notified when it has news.
        """
        self._orthanc = orthanc
        self._arrivals = arrivals
        self._intake = intake
        self._results = results
        self._quiet = quiet_seconds
        self._started = started
        self._reconciliation = Reconciliation(orthanc, arrivals)
        self._setbacks = Setbacks()
        self._wakeup = wakeup
        self._stopping = threading.Event()
        self.unavailable_reason: str | None = None

    @property
    def remarks(self) -> list[str]:
        """What health says beside the status."""
        remark = self._reconciliation.remark
        return [*([] if remark is None else [remark]), *self._setbacks.remarks]

    def holds(self, series: str) -> bool:
        """Whether a series could not be looked at, and is not to be looked at yet."""
        return self._setbacks.holds(series)

    def stop(self) -> None:
        """Leave the loop."""
        self._stopping.set()
        self._wakeup.notify()

    def run(self) -> None:
        """Loop; whatever goes wrong is logged, shown in health, and tried again."""
        while not self._stopping.is_set():
            pause = IDLE_SECONDS
            try:
                self.turn()
                self.unavailable_reason = None
                pause = self._until_quiet()
            except AutocontourError as error:
                self._say(error.message)
                pause = TROUBLE_SECONDS if not error.retry else IDLE_SECONDS
            except Exception as error:  # noqa: BLE001 - intake must outlive any surprise; the kind is shown in health
                self._say(
                    "The disk of the state directory is full; nothing can be noted until space is freed there."
                    if is_of_a_full_disk(error)
                    else f"Intake met an unexpected {type(error).__name__} and tries again."
                )
                pause = TROUBLE_SECONDS
            self._wakeup.wait(pause)

    def turn(self) -> None:
        """One look at the change log and one at what is quiet."""
        news = read_changes(self._orthanc, self._arrivals, self._started)
        if news.lost is not None:
            self._reconciliation.begin(news.lost)
        self._reconciliation.turn()
        for series in self._intake.chosen_and_gone():
            self._intake.deleted(series)
        for arrival in self._arrivals.pending():
            if self._stopping.is_set():
                return
            if self._arrivals.quiet_for(arrival) >= self._quiet and not self._setbacks.holds(arrival.series):
                self._look_at(arrival)
        self._results.turn()

    def _look_at(self, arrival: Arrival) -> None:
        """Look at one series; what is wrong with it alone keeps no other one waiting."""
        try:
            self._intake.process(arrival)
        except AutocontourError as error:
            if error.code in OF_ORTHANC:
                raise
            code = error.code
        except (OSError, SQLAlchemyError):
            raise  # of the disk or the database, which is every series' own
        except Exception as error:  # noqa: BLE001 - a series that nobody has thought of, and others wait behind it
            code = type(error).__name__
        else:
            self._setbacks.over(arrival.series)
            return
        if not self._setbacks.failed(arrival.series, code):
            logger.warning("intake: the series %s cannot be looked at (%s); it is tried again", arrival.series, code)
            return
        self._intake.give_up(arrival, code)
        self._setbacks.over(arrival.series)

    def _until_quiet(self) -> float:
        """How long to wait (seconds): until the next series is quiet, at most the pause between two looks."""
        left = (self._quiet - self._arrivals.quiet_for(arrival) for arrival in self._arrivals.pending())
        return min(IDLE_SECONDS, max(0.05, min((one for one in left if one > 0), default=IDLE_SECONDS)))

    def _say(self, reason: str) -> None:
        if reason != self.unavailable_reason:
            logger.warning("intake: %s", reason)
        self.unavailable_reason = reason
