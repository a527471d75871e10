"""Ends open jobs from outside their workflow: cancelled, superseded, or excluded."""

from __future__ import annotations

from model.worker.pool import Workers
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore

CHANGED = "The series changed in Orthanc: slices came, went or were replaced. A newer job contours it as it is."
UNMATCHED = (
    "The series changed in Orthanc: slices came, went or were replaced. No rule matches it as it is now, so nothing "
    "contours it; POST /autocontour/routing/explain says why, POST /autocontour/series/{id}/jobs asks for a job."
)
OBJECTED = "The patient objected to the processing."


class Cancellation:
    """Ends jobs of one table, whose models these workers run."""

    def __init__(self, jobs: JobStore, workers: Workers) -> None:
        self._jobs = jobs
        self._workers = workers

    def cancel(self, job: Job, state: State, reason: str) -> bool:
        """End an open job in a final state; its worker is killed and its workflow erases what it left.

        Returns False, and does nothing, when the job has ended or its RTSTRUCT is stored.
        """
        if not self._jobs.stop(job.id, state, (state.name, reason)):
            return False
        self._workers.cancel(job.id)
        return True
