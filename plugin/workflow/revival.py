"""Compares the jobs that are said to run with what runs, and lets go on what was left lying."""

from __future__ import annotations

import logging
import threading

from plugin.jobs.job import Job
from plugin.jobs.store import JobStore
from plugin.workflow.durable import Workflows

logger = logging.getLogger(__name__)

LOOK_SECONDS = 10.0


class Revival:
    """Looks in a thread of its own until stopped."""

    def __init__(self, jobs: JobStore, workflows: Workflows) -> None:
        self._jobs = jobs
        self._workflows = workflows
        self._left_lying: set[str] = set()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Leave the loop."""
        self._stopping.set()

    def run(self) -> None:
        """Look every few seconds; what fails is logged and tried again."""
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - this must outlive what it is there for: a database out of order
                logger.warning("jobs that were left lying cannot be looked for (%s); tried again", type(error).__name__)

    def look(self) -> None:
        """Revive what was found lying at the look before as well: a job that was just claimed is not yet begun."""
        lying = {job.id: job for job in self._jobs.running_here() if not self._workflows.works_on(job.id)}
        for job_id in sorted(self._left_lying & lying.keys()):
            self._revive(lying[job_id])
        self._left_lying = set(lying)

    def _revive(self, job: Job) -> None:
        try:
            self._workflows.revive(job)
        except Exception as error:  # noqa: BLE001 - one job that cannot go on keeps no other lying
            logger.warning("job %s: nothing works on it, and it cannot go on yet (%s)", job.id, type(error).__name__)
        else:
            logger.warning("job %s: nothing worked on it any more; it goes on", job.id)
