"""A patient who objects while a job is being inserted: its first stage ends it; one that is stored is done first."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from model.evidence.code import new_code
from plugin.jobs.job import Job, Stage, State
from plugin.jobs.store import JobStore
from plugin.workflow.cancellation import OBJECTED
from plugin.workflow.stages import Stages
from tests.builders.either_database import tables_in
from tests.builders.jobs import a_job

pytestmark = pytest.mark.usefixtures("either_database")

NOBODY = cast(Any, None)


class Reached(Exception):
    """The work of a stage was begun."""


class Working(Stages):
    """Stages whose work says that it was begun."""

    def _run_within(self, stage: Stage, job: Job) -> None:
        raise Reached


def stages_in(folder: Path, objected: set[str]) -> tuple[JobStore, Stages]:
    jobs = JobStore(tables_in(folder))
    return jobs, Working(
        NOBODY, NOBODY, jobs, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, objected=lambda code: code in objected
    )


@pytest.mark.parametrize("stage", [Stage.PSEUDONYMISE, Stage.DRAW, Stage.STORE])
def test_no_stage_of_a_job_is_begun_whose_patient_objected(tmp_path: Path, stage: Stage) -> None:
    mine, theirs = new_code(), new_code()
    jobs, stages = stages_in(tmp_path, {mine})
    job, _ = jobs.add(a_job(key="mine", evidence_code=mine))
    other, _ = jobs.add(a_job(key="theirs", evidence_code=theirs))
    stages.run(stage, job.id)
    found = jobs.get(job.id)
    assert found is not None
    assert (found.state, found.error_code, found.error_message) == (State.EXCLUDED, "EXCLUDED", OBJECTED)
    with pytest.raises(Reached):
        stages.run(stage, other.id)
    with pytest.raises(Reached):
        stages.run(Stage.ERASE, job.id)


def test_what_is_stored_already_is_gone_on_with(tmp_path: Path) -> None:
    mine = new_code()
    jobs, stages = stages_in(tmp_path, {mine})
    job, _ = jobs.add(a_job(evidence_code=mine))
    assert jobs.publish(job.id, "stored")
    with pytest.raises(Reached):
        stages.run(Stage.STORE, job.id)
