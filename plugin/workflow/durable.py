"""The durable way of one job through its stages: checkpointed after each, resumed where it stood after a crash.

What the durable-job engine stores of a stage is the job's own id and, when it failed, a code and a sentence.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from dbos import DBOS, SetWorkflowID

from model.backoff import Backoff
from model.errors import AutocontourError
from model.process.durable import forget_ended, launch_engine, set_up_engine, stop_engine
from plugin.jobs.failure import Failure, FailureRecord, failure_of
from plugin.jobs.job import Job, Stage, State
from plugin.state.postgresql import outlast
from plugin.workflow.earlier import OPEN, status_of, take_over
from plugin.workflow.stages import Stages

logger = logging.getLogger(__name__)

NAME, NAME_OF_THE_ONLY = "autocontour", "gateway"
WORKFLOW = "contour"
# The steps of a workflow before its erasure, by the version that began it. What changes their names or order is a new
# version; a job that is open during an upgrade goes on by the steps that it began with.
STEPS = {
    "1": (str(Stage.PSEUDONYMISE), str(Stage.DRAW), "restore", str(Stage.STORE)),
    "2": (str(Stage.PSEUDONYMISE), str(Stage.DRAW), str(Stage.STORE)),
}
*EARLIER_VERSIONS, WORKFLOW_VERSION = STEPS
# A step that restored the RTSTRUCT and threw it away; what stores it restores it now.
WITHOUT_WORK = "restore"
# For what is temporary (Orthanc restarting, a worker killed): then the job ends as failed, and can be retried.
RETRIES = 7
RETRY_BACKOFF = Backoff(first=0.5, longest=30.0)
# Between two looks of a job whose series has no room on the disk.
ROOM_SECONDS = 5.0

# Deaths of the gateway while a job is in one stage, after which it is the job that is taken for the reason.
MOST_DEATHS = 3
DEADLY = (
    f"The gateway ended {MOST_DEATHS} times while it worked on this job; it is given up. Look in Orthanc's log and at "
    "the machine's memory, and retry it."
)
TAKEN_TOO_OFTEN = (
    f"{MOST_DEATHS} gateways were lost while they worked on this job; it is given up. Look at the memory of their "
    "machines and in their logs, and retry it."
)
INTERRUPTED = "The work on this job was cut off, because the gateway could not note how far it was; retry it."

# Long enough to look into a fault, no longer: the job table and the evidence say what lasts.
KEPT = timedelta(days=30)


class Workflows:
    """Starts jobs and lets them go on after a restart."""

    def __init__(self, stages: Stages, database: str | sa.Engine, executor: str) -> None:
        self._stages = stages
        self._database = database
        self._executor = executor
        # Gateways of one database are applications of their own: none takes from the engine what is another one's.
        # A version is registered by one application alone, so each has its own name for it.
        self._of = "" if executor == NAME_OF_THE_ONLY else f"-{executor}"
        self._contour: Callable[..., str] | None = None
        # Jobs that a thread of this process works on; the engine cannot be asked.
        self._running: set[str] = set()

    def launch(self) -> None:
        """Open the database of workflows and take up those that are open; nothing is started before."""
        version = WORKFLOW_VERSION + self._of
        set_up_engine(NAME + self._of, self._database, version=version, executor=self._executor)
        self._contour = DBOS.workflow(name=WORKFLOW)(_workflow_of(self._stages, self._running))
        launch_engine()
        take_over(tuple(EARLIER_VERSIONS), WORKFLOW_VERSION, self._of)

    def works_on(self, job_id: str) -> bool:
        """Whether a thread of this process works on a job."""
        return job_id in self._running

    def revive(self, job: Job) -> None:
        """Let a job go on that is said to run, and on which nothing works.

        The engine ends a workflow's thread when its own table cannot be written (a full disk), and never starts it
        again. Raises what the engine raises while it still cannot.
        """
        status = status_of(job.workflow_id, WORKFLOW_VERSION)
        if status is None:
            self.start(job)
        elif status.status == "PENDING":
            DBOS.resume_workflow(status.workflow_id)
        elif status.status not in ("ENQUEUED", "DELAYED"):
            self._end(job)

    def _end(self, job: Job) -> None:
        """Close a job whose workflow ended before it was closed; one whose RTSTRUCT is stored has succeeded."""
        failure = Failure(State.FAILED, "INTERRUPTED", INTERRUPTED, True, {}).record(job.stage)
        erasure = _attempt(self._stages, Stage.ERASE, job.id)
        self._stages.close(job.id, erasure or (None if job.rtstruct is not None else failure))

    def start(self, job: Job) -> None:
        """Start this attempt of the job; done twice, it still runs once."""
        assert self._contour is not None, "jobs are started only after the launch"
        with SetWorkflowID(job.workflow_id):
            DBOS.start_workflow(self._contour, job.id, WORKFLOW_VERSION, job.takeovers)

    def cancel(self, workflow_id: str) -> None:
        """Let nobody resume a workflow that a lost gateway had begun."""
        status = DBOS.get_workflow_status(workflow_id)
        if status is not None and status.status in OPEN:
            DBOS.cancel_workflow(workflow_id)

    def forget(self, now: datetime) -> int:
        """Delete what is stored of workflows that ended, once they are a month old; returns how many went.

        An attempt that ended is never started again: a retry is a workflow of its own.
        """
        return forget_ended(now - KEPT)

    def stop(self) -> None:
        """Stop taking work; what runs is resumed at the next start."""
        stop_engine()


def _workflow_of(stages: Stages, running: set[str]) -> Callable[..., str]:
    # The first version stored no version with its workflows, and none of them the number of takeovers before groups.
    def contour(job_id: str, version: str = "1", takeovers: int = 0) -> str:
        if not outlast(stages.jobs.owns, job_id, takeovers):
            return "elsewhere"  # resumed by a gateway that was lost; others go on with the job
        running.add(job_id)
        try:
            outlast(stages.jobs.count_start, job_id)
            return work(job_id, version)
        finally:
            running.discard(job_id)

    def work(job_id: str, version: str) -> str:
        failure: FailureRecord | None = None
        for step in STEPS[version]:
            if step == WITHOUT_WORK:
                DBOS.run_step({"name": step}, _nothing)
                continue
            failure = DBOS.run_step({"name": step}, _survived, stages, Stage(step), job_id)
            if failure is not None:
                break
        erasure = DBOS.run_step({"name": str(Stage.ERASE)}, _attempt, stages, Stage.ERASE, job_id)
        ending = failure or erasure
        DBOS.run_step({"name": "close"}, outlast, stages.close, job_id, ending)
        return ending["state"] if ending else "done"

    return contour


def _nothing() -> None:
    pass


def _survived(stages: Stages, stage: Stage, job_id: str) -> FailureRecord | None:
    """Run one stage, unless the gateway died of it too often; counted anew for the next stage."""
    starts, takeovers = outlast(stages.jobs.starts, job_id)
    if starts > MOST_DEATHS or takeovers >= MOST_DEATHS:
        words = TAKEN_TOO_OFTEN if takeovers >= MOST_DEATHS else DEADLY
        return Failure(State.FAILED, "GATEWAY_DIED", words, False, {}).record(stage)
    failure = _attempt(stages, stage, job_id)
    outlast(stages.jobs.count_start, job_id, first=True)
    return failure


def _attempt(stages: Stages, stage: Stage, job_id: str) -> FailureRecord | None:
    """Run one stage, again after a pause while what went wrong is temporary; None when it succeeded."""
    # A worker that dies twice on one series will die again: what it needs, this machine does not have.
    retries = RETRIES if stage is not Stage.DRAW else 1
    failures = 0
    while True:
        try:
            # A database that is away is waited for: that costs no attempt.
            outlast(stages.run, stage, job_id)
            return None
        except Exception as error:  # noqa: BLE001 - every failure of a stage is an outcome of the job
            failure = failure_of(error)
            failures += 1
            if stage is not Stage.ERASE and failure.code == "DISK_FULL" and _may_get_room(error):
                # A stage that is done again loses nothing: it waits for room, however long that takes, and ever longer
                # between two looks, for a drawing costs more than a look.
                logger.warning("job %s waits for room on the disk of the state directory", job_id)
                time.sleep(max(ROOM_SECONDS, RETRY_BACKOFF.pause(failures)))
                continue
            if not failure.retry or failures > retries:
                return failure.record(stage)
            pause = RETRY_BACKOFF.pause(failures)
            logger.warning("job %s, stage %s: %s; trying again in %.1f s", job_id, stage, failure.code, pause)
            time.sleep(pause)


def _may_get_room(error: Exception) -> bool:
    """Whether what did not fit may fit later: not so what is larger than the disk."""
    return error.retry if isinstance(error, AutocontourError) else True
