"""The thread of quality: structure sets that arrived are looked at, and what belongs to our jobs is compared with it.

What is to be done stands in two tables, so that a kill loses none of it; what ends the gateway time and again is given
up.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model.backoff import Backoff
from model.errors import AutocontourError, EngineFailed, EvidenceBroken, TargetFailed
from plugin.group.leading import Leads, always
from plugin.jobs.loop import Loop
from plugin.pacs.client import OF_ORTHANC, SeriesGone
from plugin.quality.comparing import Comparing
from plugin.quality.forgetting import Forgetting
from plugin.quality.pairing import Pairing
from plugin.quality.reading import Reader
from plugin.quality.row import ComparisonRow
from plugin.quality.sets import SetState, StructureSetRow, StructureSets
from plugin.quality.store import QualityStore

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
PRUNE_SECONDS = 3600.0
# Of what fails through nobody's fault, and of what was begun and did not end: whoever began it may live or be dead, and
# keeps nothing once it was begun anew.
BACKOFF = Backoff(first=2.0, longest=60.0)
# So often is begun what did not end: a gateway that was killed each time may have been killed by it.
MOST_TRIES = 4
GIVEN_UP = "COMPARISON_GIVEN_UP"
# Ends of jobs are looked for from a little before the last look, in case of a transaction that took long.
OVERLAP_SECONDS = 60.0


class QualityKeeper:
    """Works in a thread of its own until stopped; one thing at a time."""

    def __init__(
        self,
        sets: StructureSets,
        store: QualityStore,
        forgetting: Forgetting,
        pairing: Pairing,
        comparing: Comparing,
        reader: Reader,
        *,
        enabled: bool,
        kept_seconds: float | None = None,
        leads: Leads = always,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sets = sets
        self._store = store
        self._forgetting = forgetting
        self._pairing = pairing
        self._comparing = comparing
        self._reader = reader
        self._enabled = enabled
        self._kept_seconds = kept_seconds
        self._leads = leads
        self._clock = clock
        self._failures = 0
        self._since = 0.0
        self._pruned = 0.0
        self._loop = Loop("quality", LOOK_SECONDS, logger)

    @property
    def enabled(self) -> bool:
        """Whether structure sets are compared at all."""
        return self._enabled

    def arrived(self, series: str, header: Mapping[str, Any], noted: float) -> None:
        """Note the structure sets of a series, as Orthanc's ``/series/{id}``, which is quiet since ``noted``."""
        if self._enabled:
            instances: Sequence[str] = header["Instances"]
            self._sets.arrived(series, instances, noted)
            self._loop.notify()

    def forgive_tries(self) -> None:
        """Count none of what was begun: the gateway did not die of it, it was stopped; a group's leader goes on."""
        if self._leads():
            self._sets.forgive_tries()
            self._store.forgive_tries()

    def stop(self) -> None:
        """Leave the loop, and end the process that compares."""
        self._loop.stop()
        self._reader.stop()

    def run(self) -> None:
        """Look every few seconds, and at once while there is work."""
        self._loop.run(lambda: self._leads() and self.turn())

    def turn(self) -> bool:
        """Do the next thing that is due; returns whether there was one."""
        now = self._clock()
        if now - self._pruned > PRUNE_SECONDS:
            if self._kept_seconds is not None:
                self._forgetting.retire(now - self._kept_seconds)
            self._pruned = now
        if not self._enabled:
            return False
        if not 0.0 <= now - self._since - OVERLAP_SECONDS < LOOK_SECONDS:
            self._sets.look_again(self._since)
            self._since = now - OVERLAP_SECONDS
        if (row := self._sets.next_new(now)) is not None:
            self._look_at(row)
            return True
        if (pair := self._store.next_waiting(now)) is not None:
            self._compare(pair)
            return True
        return False

    def _look_at(self, row: StructureSetRow) -> None:
        if row.tries >= MOST_TRIES:
            self._refuse(row, GIVEN_UP)
            return
        begun = self._sets.claim(row, self._clock() + BACKOFF.pause(row.tries + 1))
        if begun is None:
            return  # another gateway was faster
        try:
            self._pairing.look_at(begun)
        except SeriesGone:
            self._sets.forget(begun)
        except AutocontourError as error:
            if _of_others(error):
                self._sets.postpone(begun, self._clock() + self._pause(error))
            elif isinstance(error, EngineFailed | TargetFailed):
                self._sets.retry(begun, self._clock() + BACKOFF.pause(begun.tries))
                logger.warning("quality: a structure set cannot be read (%s); tried again", error.code)
            else:
                self._refuse(begun, error.code)
        else:
            self._failures = 0

    def _refuse(self, row: StructureSetRow, code: str) -> None:
        self._sets.settle(row, SetState.REFUSED, code=code, looked=self._clock())
        logger.warning("quality: the structure set %s is not compared (%s)", row.instance, code)

    def _compare(self, row: ComparisonRow) -> None:
        if row.tries >= MOST_TRIES:
            self._give_up(row, GIVEN_UP)
            return
        begun = self._store.claim(row, self._clock() + BACKOFF.pause(row.tries + 1))
        if begun is None:
            return
        try:
            made = self._comparing.make(begun)
        except AutocontourError as error:
            if _of_others(error):
                self._store.postpone(begun, self._clock() + self._pause(error))
            elif isinstance(error, EngineFailed | TargetFailed):
                self._store.retry(begun, self._clock() + BACKOFF.pause(begun.tries))
                logger.warning("quality: job %s cannot be compared (%s); tried again", row.job, error.code)
            else:
                self._give_up(begun, error.code)
        else:
            self._failures = 0
            if made:
                logger.info("quality: job %s compared with a version of its result (%s)", row.job, row.link)

    def _give_up(self, row: ComparisonRow, code: str) -> None:
        self._store.refused(row, code)
        logger.warning("quality: job %s is not compared with a version of its result (%s)", row.job, code)

    def _pause(self, error: AutocontourError) -> float:
        self._failures += 1
        if self._failures == 1:
            logger.warning("quality waits (%s)", error.code)
        return BACKOFF.pause(self._failures)


def _of_others(error: AutocontourError) -> bool:
    """Whether nothing can be done at all now: Orthanc does not answer, or the chain takes no record."""
    return error.code in OF_ORTHANC or isinstance(error, EvidenceBroken)
