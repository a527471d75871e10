"""Whether the RTSTRUCTs of jobs that are done, and their series, are still in Orthanc.

Its change log does not tell of deletions (measured on 1.10.1), so the table is walked over, a page at a time, and each
page is one request. What is overwritten is away for a moment, so what is missing is looked for twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from plugin.jobs.filters import JobFilter
from plugin.jobs.finder import JobFinder
from plugin.jobs.job import Job, State
from plugin.jobs.page import Place
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc

logger = logging.getLogger(__name__)

PAGE = 100
PAUSE_SECONDS = 2.0
DELETED = (
    "Its RTSTRUCT is no longer in Orthanc: it was deleted there. POST /autocontour/series/{series}/jobs has the series "
    "contoured again."
)
ALONE = (
    "The series is no longer in Orthanc (deleted, or merged into another study, which makes another series of it), and "
    "its RTSTRUCT is there without its images: delete it, or merge it along."
)
DELETED_TOO = "Its RTSTRUCT is no longer in Orthanc, and neither is the series."


class StoredResults:
    """Walks over the jobs that are done, from the newest to the oldest and again; ``ticks`` is a monotonic clock."""

    def __init__(
        self, orthanc: Orthanc, jobs: JobStore, finder: JobFinder, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._orthanc = orthanc
        self._jobs = jobs
        self._finder = finder
        self._ticks = ticks
        self._next = 0.0
        self._after: Place | None = None
        self._missing: set[str] = set()

    def turn(self) -> None:
        """Look at a page of jobs, when it is time; raises TargetFailed when Orthanc cannot be asked."""
        if self._ticks() < self._next:
            return
        self._next = self._ticks() + PAUSE_SECONDS
        suspects = [job for job in map(self._jobs.get, self._missing) if job is not None]
        page = self._finder.page(self._after, JobFilter(states=(State.DONE,)), PAGE)
        looked_at = {job.id: job for job in (*suspects, *page.jobs) if _is_watched(job)}
        wanted = {one for job in looked_at.values() for one in (job.rtstruct, job.series) if one is not None}
        gone = wanted - self._orthanc.present(sorted(wanted))
        odd = {job.id for job in looked_at.values() if gone & {job.rtstruct, job.series}}
        for known in odd & self._missing:
            self._note(looked_at[known], gone)
        self._missing = odd - self._missing
        self._after = page.after

    def _note(self, job: Job, gone: set[str]) -> None:
        if job.rtstruct not in gone:
            self._jobs.note_afterwards(job.id, ALONE)
            return
        self._jobs.result_gone(job, DELETED_TOO if job.series in gone else DELETED.format(series=job.series))
        logger.info("job %s: its RTSTRUCT is no longer in Orthanc", job.id)


def _is_watched(job: Job) -> bool:
    """Whether a job has a result; once its series is gone, nothing more is told of it."""
    return job.rtstruct is not None and ALONE not in job.details.warnings
