"""A job as the API shows it: its row, with what only the running process knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugin.jobs.job import Job, State
from plugin.workflow.queue import Dispatcher
from plugin.workflow.stages import Stages


class JobView:
    """Shows jobs with the progress of their workers, or with why they wait."""

    def __init__(self, stages: Stages, dispatcher: Dispatcher) -> None:
        self._stages = stages
        self._dispatcher = dispatcher

    def show(self, job: Job) -> dict[str, Any]:
        """Describe a job."""
        answer = job.to_json()
        if job.state is State.RUNNING:
            answer |= self._stages.progress(job)
        if job.state is State.WAITING:
            answer["Waiting"] = self._dispatcher.reasons.get(job.id, "It starts in a moment.")
        return answer

    def show_all(self, jobs: Sequence[Job]) -> dict[str, Any]:
        """Describe the first of the jobs that one request made, with the ids of the others."""
        first, *others = jobs
        return self.show(first) | ({"Others": [job.id for job in others]} if others else {})
