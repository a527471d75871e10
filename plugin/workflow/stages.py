"""The stages of one job. Each reads what the one before left, and may be run again after being cut off anywhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from model.errors import TargetFailed
from model.pipeline.draw import read_progress
from plugin.erase.erase import EraseFailed
from plugin.group.membership import await_membership
from plugin.jobs.details import JobDetails
from plugin.jobs.failure import FailureRecord
from plugin.jobs.job import STAGE_BEGINS, UNREAD, Job, Stage, State
from plugin.jobs.row import JobRow
from plugin.jobs.told import log_job
from plugin.pacs.client import SeriesGone
from plugin.workflow.cancellation import CHANGED, OBJECTED
from plugin.workflow.context import StageContext
from plugin.workflow.drawing import draw_structures
from plugin.workflow.erasing import erase_pseudonymised
from plugin.workflow.limits import GRACE_SECONDS, stage_seconds, within
from plugin.workflow.pseudonymising import pseudonymise_series
from plugin.workflow.storing import restore_and_store


@dataclass(frozen=True)
class Stages(StageContext):
    """Runs one stage of one job; what stages share is the spool folder of the job and its row."""

    def run(self, stage: Stage, job_id: str) -> None:
        """Run a stage unless the job has ended meanwhile; erasure runs in any case.

        Raises AutocontourError with the reason; OSError when the disk is full.
        """
        await_membership(self.membership)
        job = self.jobs.enter(job_id, stage) if stage is not Stage.ERASE else self._entered_for_erasure(job_id)
        if job is None or (stage is not Stage.ERASE and self._ends_by_objection(job)):
            return
        started = time.perf_counter()
        try:
            self._run_within(stage, job)
        except SeriesGone:
            if stage is Stage.ERASE or not self.orthanc.exists("series", job.series):
                raise
            # Overwriting takes a slice away for a moment; what came instead is looked at when the stage runs again.
            raise TargetFailed(
                "SLICE_GONE", "A slice of the series is in Orthanc's index and its file is not.", retry=True
            ) from None
        self.meters.took(stage, time.perf_counter() - started)
        if stage not in (Stage.DRAW, Stage.STORE):  # these say how long each of their parts took
            self.note_seconds(job_id, str(stage), started)

    def close(self, job_id: str, failure: FailureRecord | None) -> None:
        """Bring the job to its final state and close its evidence."""
        await_membership(self.membership)
        job = self.jobs.get(job_id)
        if job is None:
            return
        records = self.records(job)
        state = job.state if job.state.final else State(failure["state"]) if failure else State.DONE
        if failure is not None and not job.state.final:
            records.failed(failure)
            self.jobs.merge_details(job_id, JobDetails(findings=failure["findings"]))
        if failure is None or failure["code"] != "ERASE_FAILED":
            # Before the job is seen to have ended, so that whoever sees it finds its evidence closed.
            # A clock that was set back would make it negative, which no record takes.
            records.closed(str(state), max(0.0, time.time() - job.created))
        self.jobs.finish(job_id, state, error=(failure["code"], failure["message"]) if failure else None)
        if state is State.DONE and self._is_overtaken(job):
            self.jobs.supersede_done(job_id, CHANGED)
        self.jobs.release(job_id)
        code = failure["code"] if failure and not job.state.final else job.error_code
        log_job(job, state, code=code, seconds=time.time() - job.created)
        self.queue.notify()

    def _ends_by_objection(self, job: Job) -> bool:
        """End a job whose patient objected while it was just being inserted; one that is stored is done first."""
        objected = job.evidence_code is not None and self.objected(job.evidence_code)
        return objected and self.jobs.stop(job.id, State.EXCLUDED, (State.EXCLUDED.name, OBJECTED))

    def _is_overtaken(self, job: Job) -> bool:
        """Whether the series had another content before this job ended, which intake could not stop any more."""
        others = self.jobs.list(series=job.series, limit=1000)
        return any(one.created > job.created and one.content not in (job.content, UNREAD) for one in others)

    def progress(self, job: Job | JobRow) -> dict[str, Any]:
        """Return what the worker of a running job says, in the scale of the whole job."""
        if job.stage is not Stage.DRAW:
            return {}
        said = read_progress(self.folder(job))
        if "Progress" not in said:
            return {}
        begins, ends = STAGE_BEGINS[Stage.DRAW], STAGE_BEGINS[Stage.STORE]
        return {"Progress": round(begins + (ends - begins) * said["Progress"], 3), "Doing": said["Doing"]}

    def _run_within(self, stage: Stage, job: Job) -> None:
        if stage is Stage.DRAW:
            self._work(stage)(self, job)  # its worker has a limit, or its target
            return
        seconds = stage_seconds(job.instances)
        limited = replace(self, orthanc=self.orthanc.until(time.monotonic() + seconds))
        try:
            within(seconds + GRACE_SECONDS, str(stage), lambda: self._work(stage)(limited, job))
        except TargetFailed as error:
            if stage is not Stage.ERASE or error.code != "STAGE_TIMEOUT":
                raise
            raise EraseFailed("ERASE_FAILED", "Deleting what is pseudonymised takes too long.", retry=True) from None

    def _work(self, stage: Stage) -> Callable[[StageContext, Job], None]:
        return {
            Stage.PSEUDONYMISE: pseudonymise_series,
            Stage.DRAW: draw_structures,
            Stage.STORE: restore_and_store,
            Stage.ERASE: erase_pseudonymised,
        }[stage]

    def _entered_for_erasure(self, job_id: str) -> Job | None:
        return self.jobs.enter(job_id, Stage.ERASE) or self.jobs.get(job_id)
