"""What people and the site's Lua ask of jobs: request one, run it again, end it."""

from __future__ import annotations

from plugin.gateway.operations.readiness import Readiness
from plugin.intake.intake import Intake
from plugin.intake.job_request import JobRequest
from plugin.intake.retries import Retries
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.workflow.cancellation import Cancellation


class JobOperations:
    """Changes jobs on request."""

    def __init__(
        self,
        readiness: Readiness,
        jobs: JobStore,
        intake: Intake,
        retries: Retries,
        cancellation: Cancellation,
    ) -> None:
        self._readiness = readiness
        self._jobs = jobs
        self._intake = intake
        self._retries = retries
        self._cancellation = cancellation

    def request(self, series: str, asked: JobRequest) -> list[Job]:
        """Make a job for a stored series, or for each of its volumes; raises SeriesGone, InputRefused."""
        self._readiness.require()
        asked.require_readable()
        return self._intake.request(series, asked)

    def cancel(self, job: Job) -> bool:
        """End an open job as a user wishes; returns whether it was open."""
        return self._cancellation.cancel(job, State.CANCELLED, "The job was cancelled by a user.")

    def veto(self, series: str, reason: str) -> list[str]:
        """End every open job of a series as excluded; returns the ids of those that were open."""
        states = (State.WAITING, State.RUNNING)
        jobs = self._jobs.list(series=series, states=states, limit=1000)
        ended = [job.id for job in jobs if self._cancellation.cancel(job, State.EXCLUDED, reason)]
        if ended:
            self._intake.vetoed(series)
        return ended

    def retry(self, job: Job) -> Job:
        """Run an ended job again from its start; raises RetryRefused where that is forbidden or cannot help."""
        self._readiness.require()
        return self._retries.retry(job)
