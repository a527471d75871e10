"""The loop of intake: when woken, and every few seconds anyway, read what changed and decide what is quiet."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import DataError, SQLAlchemyError

from model.errors import AutocontourError
from plugin.group.leading import Leads, always
from plugin.intake.arrivals import Arrival, Arrivals
from plugin.intake.changes import read_changes
from plugin.intake.intake import Intake
from plugin.intake.pace import Pace
from plugin.intake.reconcile import Reconciliation
from plugin.intake.results import StoredResults
from plugin.intake.setbacks import Setbacks
from plugin.jobs.wakeup import Wakeup
from plugin.pacs.client import OF_ORTHANC, Orthanc
from plugin.state.disk import is_of_a_full_disk
from plugin.state.postgresql import DatabaseTrouble, trouble_of

logger = logging.getLogger(__name__)

# Reading an empty page of the change log takes Orthanc about a millisecond.
IDLE_SECONDS = 2.0
TROUBLE_SECONDS = 5.0
# Series that one turn looks at; then the change log is read again.
MOST_AT_ONCE = 100
# Before the next look at a series that waits for nothing with a known end.
LEAST_SECONDS = 0.5


class IntakeLoop:
    """Runs intake in a thread of its own until stopped."""

    def __init__(
        self,
        orthanc: Orthanc,
        arrivals: Arrivals,
        intake: Intake,
        results: StoredResults,
        quiet_seconds: float,
        started: Callable[[], float],
        wakeup: Wakeup,
        leads: Leads = always,
    ) -> None:
        """Follow one Orthanc.

        ``started`` tells since when what arrives counts (seconds since the epoch, by Orthanc's clock), and is asked at
        the very first start alone; ``wakeup`` is notified when it has news. Of gateways that share a database
        the one that leads follows it.
        """
        self._leads = leads
        self._orthanc = orthanc
        self._arrivals = arrivals
        self._intake = intake
        self._results = results
        self._quiet = quiet_seconds
        self._started = started
        self._reconciliation = Reconciliation(orthanc, arrivals)
        self._setbacks = Setbacks()
        self._pace = Pace()
        self._wakeup = wakeup
        self._stopping = threading.Event()
        self.unavailable_reason: str | None = None

    @property
    def remarks(self) -> list[str]:
        """What health says beside the status."""
        remark = self._reconciliation.remark
        return [*([] if remark is None else [remark]), *self._pace.remarks, *self._setbacks.remarks]

    def holds(self, series: str) -> bool:
        """Whether a series could not be looked at, and is not to be looked at yet."""
        return self._setbacks.holds(series)

    def begin(self) -> None:
        """Note that what arrives from now on counts, before anybody is told that this gateway works."""
        self._arrivals.begin()

    def stop(self) -> None:
        """Leave the loop."""
        self._stopping.set()
        self._wakeup.notify()

    def run(self) -> None:
        """Loop; whatever goes wrong is logged, shown in health, and tried again."""
        while not self._stopping.is_set():
            pause = IDLE_SECONDS
            try:
                if self._leads():
                    self.turn()
                    pause = self._until_due()
                self.unavailable_reason = None
            except AutocontourError as error:
                self._say(error.message)
                pause = TROUBLE_SECONDS if not error.retry else IDLE_SECONDS
            except Exception as error:  # noqa: BLE001 - intake must outlive any surprise; the kind is shown in health
                self._say(_sentence(error))
                pause = TROUBLE_SECONDS
            self._wakeup.wait(pause)

    def turn(self) -> None:
        """One look at the change log and one at what is quiet.

        While more of the log is to be read, nothing is decided: slices that have come may stand in the rest of it.
        """
        with self._pace.of_the_database():
            self._arrivals.position()
        with self._pace.of_orthanc():
            news = read_changes(self._orthanc, self._arrivals, self._started)
        if news.lost is not None:
            self._reconciliation.begin(news.lost)
        self._pace.read(news.entries, more=news.more)
        if news.more:
            return
        self._reconciliation.turn()
        for series in self._intake.chosen_and_gone():
            self._intake.deleted(series)
        self._look_at_quiet_ones()
        self._results.turn()

    def _look_at_quiet_ones(self) -> None:
        looked_at: dict[Arrival, float] = {}
        try:
            for arrival in self._arrivals.due(MOST_AT_ONCE):
                if self._stopping.is_set() or not self._leads():
                    return
                left = self._quiet - self._arrivals.quiet_for(arrival)
                if left <= 0 and not self._setbacks.holds(arrival.series):
                    self._look_at(arrival)
                    left = self._intake.waits(arrival)
                looked_at[arrival] = max(left, self._setbacks.left(arrival.series), LEAST_SECONDS)
        finally:
            self._arrivals.put_off(looked_at)

    def _look_at(self, arrival: Arrival) -> None:
        """Look at one series; what is wrong with it alone keeps no other one waiting."""
        try:
            self._intake.process(arrival)
        except AutocontourError as error:
            if error.code in OF_ORTHANC or isinstance(error, DatabaseTrouble):
                raise
            code = error.code
        except DataError as error:
            code = type(error).__name__  # of one value, which the database does not take
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

    def _until_due(self) -> float:
        """How long to wait (seconds): until the next series is due, at most the pause between two looks."""
        if self._pace.behind:
            return 0.0
        due = self._arrivals.next_due()
        return IDLE_SECONDS if due is None else min(IDLE_SECONDS, max(0.0, due))

    def _say(self, reason: str) -> None:
        if reason != self.unavailable_reason:
            logger.warning("intake: %s", reason)
        self.unavailable_reason = reason


def _sentence(error: Exception) -> str:
    if trouble := trouble_of(error):
        return trouble.message
    if is_of_a_full_disk(error):
        return "The disk of the state directory is full; nothing can be noted until space is freed there."
    return f"Intake met an unexpected {type(error).__name__} and tries again."
