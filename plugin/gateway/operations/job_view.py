"""A job as the API shows it: its row, with what only the running process knows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from plugin.deliver.deliverer import Deliverer
from plugin.gateway.operations.quality import Quality
from plugin.jobs.job import Job, State, iso
from plugin.jobs.row import JobRow
from plugin.workflow.queue import Dispatcher
from plugin.workflow.stages import Stages


class JobView:
    """Shows jobs with the progress of their workers, or with why they wait."""

    def __init__(
        self,
        stages: Stages,
        dispatcher: Dispatcher,
        deliverer: Deliverer,
        quality: Quality,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stages = stages
        self._dispatcher = dispatcher
        self._deliverer = deliverer
        self._quality = quality
        self._clock = clock

    def show(self, job: Job) -> dict[str, Any]:
        """Describe a job."""
        answer = job.to_json() | {"Delivered": self._deliverer.of(job)}
        if job.state is State.RUNNING:
            answer |= self._stages.progress(job)
        if job.rtstruct is not None and (quality := self._quality.summary(job.id)) is not None:
            answer["Quality"] = quality
        if job.state is State.WAITING:
            reason = self._dispatcher.reason(job.target, job.details.decision.hours or "")
            answer["Waiting"] = reason.told(self._clock())
        return answer

    def show_row(self, row: JobRow) -> dict[str, Any]:
        """Describe a job of a list; what it waits for as code, sentence and time, which do not change as time goes."""
        answer = row.to_json()
        if row.state is State.RUNNING:
            answer |= self._stages.progress(row)
        if row.state is State.WAITING:
            reason = self._dispatcher.reason(row.target, row.hours)
            until = None if reason.until is None else iso(reason.until)
            answer["Why"] = {"Code": reason.code, "Message": reason.message, "Until": until}
        return answer

    def show_all(self, jobs: Sequence[Job]) -> dict[str, Any]:
        """Describe the first of the jobs that one request made, with the ids of the others."""
        first, *others = jobs
        return self.show(first) | ({"Others": [job.id for job in others]} if others else {})
