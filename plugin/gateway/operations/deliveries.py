"""What people ask of deliveries: send a stored result again."""

from __future__ import annotations

from collections.abc import Collection

from model.errors import InputRefused
from plugin.deliver.deliverer import Deliverer
from plugin.gateway.operations.readiness import Readiness
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore


class DeliveryOperations:
    """Begins deliveries on request."""

    def __init__(self, readiness: Readiness, jobs: JobStore, deliverer: Deliverer) -> None:
        self._readiness = readiness
        self._jobs = jobs
        self._deliverer = deliverer

    def again(self, job: Job, names: Collection[str] | None) -> Job:
        """Deliver a job's result anew, to these destinations or to those that it had.

        Raises InputRefused where there is no such destination, or no result that stands.
        """
        self._readiness.require()
        if job.state is not State.DONE or job.rtstruct is None:
            raise InputRefused(
                "NOT_DELIVERABLE", f"The job is {job.state}; only the RTSTRUCT of one that is done is delivered."
            )
        self._deliverer.again(job, names)
        return self._jobs.get(job.id) or job
