"""Keeps the labels of studies true: what changed is looked at every few seconds, all studies one page after another.

The second way finds what no job says of itself at that moment: a result that was deleted, a job that was erased, a
name that the site changed, whatever happened while Orthanc or the gateway was down.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from model.backoff import Backoff
from model.errors import AutocontourError
from plugin.group.leading import Leads, always
from plugin.jobs.job import Job
from plugin.jobs.store import JobStore
from plugin.labels.table import LabelTable
from plugin.labels.wanted import wanted_labels
from plugin.pacs.client import OF_ORTHANC, Orthanc, SeriesGone
from plugin.settings.labels import LabelNames

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
PAGE = 100
# A job is noted a moment after the time that is written into its row.
OVERLAP_SECONDS = 10.0
BACKOFF = Backoff(first=5.0, longest=300.0)
NONE_THERE = (
    "Labels are configured, and this Orthanc has none: 1.12 or newer has, with a database that supports them. Studies "
    "are contoured without."
)


class LabelKeeper:
    """Works in a thread of its own until stopped; ``names`` is None where the site wants no labels."""

    def __init__(
        self,
        orthanc: Orthanc,
        jobs: JobStore,
        table: LabelTable,
        names: LabelNames | None,
        *,
        leads: Leads = always,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._orthanc = orthanc
        self._jobs = jobs
        self._table = table
        self._names = names
        self._leads = leads
        self._clock = clock
        self._supported: bool | None = None
        self._since = 0.0
        self._after = ""
        self._trouble: str | None = None
        self._failures = 0
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Leave the loop."""
        self._stopping.set()

    @property
    def remarks(self) -> list[str]:
        """What health says beside the status."""
        if self._supported is False:
            return [NONE_THERE]
        return [f"Labels of studies cannot be kept now and are tried again: {self._trouble}"] if self._trouble else []

    def run(self) -> None:
        """Look every few seconds; what fails is logged once, and tried again after growing pauses."""
        while not self._stopping.is_set():
            pause = LOOK_SECONDS
            try:
                if self._leads() and not self.turn():
                    return
                self._failures, self._trouble = 0, None
            except AutocontourError as error:
                pause = self._failed(error.message)
            except Exception as error:  # noqa: BLE001 - must outlive a full disk or a database out of order
                pause = self._failed(f"unexpected {type(error).__name__}.")
            self._stopping.wait(pause)

    def turn(self) -> bool:
        """Look at what changed and at one page of all studies; False where there is nothing to keep, now or later.

        Raises TargetFailed when Orthanc cannot be asked.
        """
        if self._names is None and not self._table.any():
            return False
        if self._supported is None:
            self._supported = self._orthanc.has_labels()
            if not self._supported:
                logger.warning("%s", NONE_THERE)
        if not self._supported:
            return False
        began = self._clock()
        # At first the pages come to everything.
        changed = self._table.changed_since(self._since, PAGE) if self._since else []
        page = self._table.page(self._after, PAGE)
        failed = self._keep(sorted({*changed, *page}))
        # With more than a page of changes, the same are looked at again, and the walk comes to the others.
        self._since = began - OVERLAP_SECONDS
        self._after = page[-1] if len(page) == PAGE else ""
        if failed is not None:
            raise failed
        return True

    def look_at(self, studies: Sequence[str]) -> None:
        """Look at these studies now, whose jobs were erased; what cannot be changed now is looked at by ``run``."""
        given = self._table.given(studies)
        try:
            self._keep([study for study in studies if given[study]])
        except AutocontourError:
            logger.info("the labels of studies whose jobs were erased are taken off later")

    def _keep(self, studies: Sequence[str]) -> AutocontourError | None:
        """Change what is not true of these studies; returns why one of them could not be changed."""
        given = self._table.given(studies)
        of_studies: dict[str, list[Job]] = {study: [] for study in studies}
        if self._names is not None:
            for job in self._jobs.of_studies(studies):
                of_studies[job.study].append(job)
        failed: AutocontourError | None = None
        for study, jobs in of_studies.items():
            wanted = wanted_labels(jobs, self._names) if self._names is not None else frozenset[str]()
            if wanted == given[study].keys() and all(given[study].values()):
                continue
            try:
                self._change(study, wanted, given[study])
            except AutocontourError as error:
                if error.code in OF_ORTHANC:
                    raise
                failed = error  # of this study alone: the others are kept
        return failed

    def _change(self, study: str, wanted: frozenset[str], given: Mapping[str, bool]) -> None:
        """Take away what is not true any more, then give what is; each label is a request of its own."""
        try:
            for label in sorted(given.keys() - wanted):
                self._orthanc.remove_label(study, label)
                self._table.forget(study, [label])
            there = self._orthanc.labels(study)
            for label in sorted(wanted):
                if given.get(label) or (label in there and label not in given):
                    continue  # in its place; or somebody else's, and theirs to take away
                if label not in given:
                    self._table.note(study, label)
                self._orthanc.add_label(study, label)
                self._table.taken(study, label)
        except SeriesGone:
            self._table.forget(study, [*given, *wanted])

    def _failed(self, reason: str) -> float:
        self._failures += 1
        if self._trouble != reason:
            logger.warning("labels of studies cannot be kept and are tried again: %s", reason)
        self._trouble = reason
        return BACKOFF.pause(self._failures)
