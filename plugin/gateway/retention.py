"""Removes what is kept no longer."""

from __future__ import annotations

from datetime import datetime

from plugin.evidence.service import EvidenceService
from plugin.group.leading import Leads, always
from plugin.jobs.store import JobStore
from plugin.quality.forgetting import Forgetting
from plugin.workflow.durable import Workflows


class Retention:
    """Workflows go after a month; jobs, and what leads to them, with their evidence."""

    def __init__(
        self,
        workflows: Workflows,
        jobs: JobStore,
        evidence: EvidenceService,
        comparisons: Forgetting,
        leads: Leads = always,
    ) -> None:
        self._leads = leads
        self._workflows = workflows
        self._jobs = jobs
        self._evidence = evidence
        self._comparisons = comparisons

    def forget(self, now: datetime) -> None:
        """Remove what has reached its end at this time: its own workflows; rows, if this gateway leads."""
        self._workflows.forget(now)
        if not self._leads():
            return
        end = self._evidence.end_of_retention(now).timestamp()
        codes = self._jobs.ended_before(end)
        # Before the index: without it nobody could find them. Jobs go last, or a kill would leave what they lead to.
        self._comparisons.retire_codes(codes)
        self._evidence.subjects.forget(codes)
        if self._jobs.retire(end):
            self._comparisons.retire_sets()
