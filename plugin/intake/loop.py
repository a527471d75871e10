"""The loop of intake: on the bell, and every few seconds without it, read what changed and decide what is quiet."""

from __future__ import annotations

import logging
import threading
import time

from model.errors import AutocontourError
from plugin.intake.arrivals import Arrivals
from plugin.intake.changes import read_changes
from plugin.intake.intake import Intake
from plugin.pacs.client import Orthanc

logger = logging.getLogger(__name__)

# Reading an empty page of the change log takes Orthanc about a millisecond.
IDLE_SECONDS = 2.0
TROUBLE_SECONDS = 5.0


class IntakeLoop:
    """Runs intake in a thread of its own until stopped."""

    def __init__(self, orthanc: Orthanc, arrivals: Arrivals, intake: Intake, quiet_seconds: float, started: float):
        self._orthanc = orthanc
        self._arrivals = arrivals
        self._intake = intake
        self._quiet = quiet_seconds
        self._started = started
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self.trouble: str | None = None

    def ring(self) -> None:
        """Something was stored: look now."""
        self._bell.set()

    def stop(self) -> None:
        """Leave the loop."""
        self._stopping.set()
        self._bell.set()

    def run(self) -> None:
        """Loop; whatever goes wrong is logged, shown in health, and tried again."""
        while not self._stopping.is_set():
            pause = IDLE_SECONDS
            try:
                self.turn()
                self.trouble = None
                due = self._arrivals.next_quiet(self._quiet)
                if due is not None:
                    pause = min(IDLE_SECONDS, max(0.05, due - time.time()))
            except AutocontourError as error:
                self._say(error.message)
                pause = TROUBLE_SECONDS if not error.retry else IDLE_SECONDS
            except Exception as error:  # noqa: BLE001 - intake must outlive any surprise; the kind is shown in health
                self._say(f"Intake met an unexpected {type(error).__name__} and tries again.")
                pause = TROUBLE_SECONDS
            self._bell.wait(pause)
            self._bell.clear()

    def turn(self) -> None:
        """One look at the change log and one at what is quiet."""
        news = read_changes(self._orthanc, self._arrivals, self._started, time.time)
        for series in news.deleted:
            self._intake.deleted(series)
        for arrival in self._arrivals.pending():
            if self._stopping.is_set():
                return
            if arrival.last_arrival + self._quiet <= time.time():
                self._intake.process(arrival)

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            logger.warning("intake: %s", trouble)
        self.trouble = trouble
