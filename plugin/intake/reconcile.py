"""Looks through all series of Orthanc for news that its change log does not tell any more.

A slow walk beside everything else: some hundred series a turn of the loop, the newest slice of each compared with what
was last heard of it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from plugin.intake.arrivals import Arrivals
from plugin.pacs.client import Orthanc

logger = logging.getLogger(__name__)

PAGE = 100
# Series read again with the next page: as many may be deleted in between without one being passed over.
OVERLAP = 20
# How long one turn may look; arrivals are read between two turns.
TURN_SECONDS = 1.0


class Reconciliation:
    """Walks over the series of one Orthanc, from the first to the last, when entries of the log were lost."""

    def __init__(
        self,
        orthanc: Orthanc,
        arrivals: Arrivals,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._orthanc = orthanc
        self._arrivals = arrivals
        self._ticks = ticks
        self._looked = 0
        self._found = 0

    @property
    def remark(self) -> str | None:
        """What health says while the walk goes on."""
        if not self._arrivals.must_reconcile():
            return None
        return (
            "Entries of Orthanc's change log were lost; its series are looked through for what was missed: "
            f"{self._looked} so far, {self._found} of them with news."
        )

    def begin(self, reason: str) -> None:
        """Walk from the first series on, also when a walk is under way."""
        self._looked = self._found = 0
        logger.warning("intake: %s; all series are looked through for what was missed", reason)

    def turn(self) -> None:
        """Look for about a second; nothing where nothing was lost."""
        if not self._arrivals.must_reconcile():
            return
        installed = self._arrivals.installed()
        until = self._ticks() + TURN_SECONDS
        while True:
            series = self._orthanc.series_page(self._looked, PAGE)
            updated = self._orthanc.last_updates(series) if series else {}
            self._found += len(self._arrivals.missed({one: at for one, at in updated.items() if at >= installed - 1}))
            if len(series) < PAGE:
                self._looked += len(series)
                self._arrivals.reconciled()
                logger.info("intake: %d series were looked through, %d of them had news", self._looked, self._found)
                return
            self._looked += PAGE - OVERLAP
            if self._ticks() >= until:
                return
