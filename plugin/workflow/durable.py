"""The durable way of one job through its stages: checkpointed after each, resumed where it stood after a crash.

What the durable-job engine stores of a stage is the job's own id and, when it failed, a code and a sentence.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from dbos import DBOS, SetWorkflowID

from model.backoff import Backoff
from model.process.durable import forget_ended, launch_engine, set_up_engine, stop_engine
from plugin.jobs.failure import FailureRecord, failure_of
from plugin.jobs.job import Job, Stage
from plugin.workflow.stages import Stages

logger = logging.getLogger(__name__)

WORKFLOW = "contour"
# The steps of a workflow have these names and this order: raise it only when they change, for a job that is open
# during an upgrade goes on only under the version it began with.
WORKFLOW_VERSION = "1"
# For what is temporary (Orthanc restarting, a worker killed): then the job ends as failed, and can be retried.
RETRIES = 7
RETRY_BACKOFF = Backoff(first=0.5, longest=30.0)

# Long enough to look into a fault, no longer: the job table and the evidence say what lasts.
KEPT = timedelta(days=30)

WAY = (Stage.PSEUDONYMISE, Stage.DRAW, Stage.RESTORE, Stage.STORE)


class Workflows:
    """Starts jobs and lets them go on after a restart."""

    def __init__(self, stages: Stages, database_url: str, executor: str) -> None:
        set_up_engine("autocontour", database_url, version=WORKFLOW_VERSION, executor=executor)
        self._contour = DBOS.workflow(name=WORKFLOW)(_way_of(stages))
        launch_engine()

    def start(self, job: Job) -> None:
        """Start this attempt of the job; done twice, it still runs once."""
        with SetWorkflowID(job.workflow_id):
            DBOS.start_workflow(self._contour, job.id)

    def forget(self, now: datetime) -> int:
        """Delete what is stored of workflows that ended, once they are a month old; returns how many went.

        An attempt that ended is never started again: a retry is a workflow of its own.
        """
        return forget_ended(now - KEPT)

    def stop(self) -> None:
        """Stop taking work; what runs is resumed at the next start."""
        stop_engine()


def sqlite_url(path: Path) -> str:
    """The address of an SQLite file as SQLAlchemy writes it."""
    return f"sqlite:///{path}"


def _way_of(stages: Stages) -> Callable[[str], str]:
    def contour(job_id: str) -> str:
        failure: FailureRecord | None = None
        for stage in WAY:
            failure = DBOS.run_step({"name": str(stage)}, _attempt, stages, stage, job_id)
            if failure is not None:
                break
        erasure = DBOS.run_step({"name": str(Stage.ERASE)}, _attempt, stages, Stage.ERASE, job_id)
        ending = failure or erasure
        DBOS.run_step({"name": "close"}, stages.close, job_id, ending)
        return ending["state"] if ending else "done"

    return contour


def _attempt(stages: Stages, stage: Stage, job_id: str) -> FailureRecord | None:
    """Run one stage, again after a pause while what went wrong is temporary; None when it succeeded."""
    # A worker that dies twice on one series will die again: what it needs, this machine does not have.
    retries = RETRIES if stage is not Stage.DRAW else 1
    for failures in range(1, retries + 2):
        try:
            stages.run(stage, job_id)
            return None
        except Exception as error:  # noqa: BLE001 - every failure of a stage is an outcome of the job
            failure = failure_of(error)
            if not failure.retry or failures > retries:
                return failure.record(stage)
            pause = RETRY_BACKOFF.pause(failures)
            logger.warning("job %s, stage %s: %s; trying again in %.1f s", job_id, stage, failure.code, pause)
            time.sleep(pause)
    raise AssertionError("unreachable: the last attempt returns")
