"""Removes what is kept no longer."""

from __future__ import annotations

from datetime import datetime

from plugin.evidence.service import EvidenceService
from plugin.jobs.store import JobStore
from plugin.workflow.durable import Workflows


class Retention:
    """Workflows go after a month; jobs, and what leads to them, with their evidence."""

    def __init__(self, workflows: Workflows, jobs: JobStore, evidence: EvidenceService) -> None:
        self._workflows = workflows
        self._jobs = jobs
        self._evidence = evidence

    def forget(self, now: datetime) -> None:
        """Remove what has reached its end at this time."""
        self._workflows.forget(now)
        self._evidence.subjects.forget(self._jobs.retire(self._evidence.end_of_retention(now).timestamp()))
