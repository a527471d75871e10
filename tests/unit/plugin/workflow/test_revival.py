"""What nothing works on goes on at the second look; one that cannot keeps no other lying."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from model.errors import TargetFailed
from plugin.jobs.job import Job
from plugin.jobs.store import JobStore
from plugin.workflow.durable import Workflows
from plugin.workflow.revival import Revival
from tests.builders.either_database import tables_in
from tests.builders.jobs import a_job

pytestmark = pytest.mark.usefixtures("either_database")


class Engine:
    """The durable-job engine, as far as it is asked: what it works on, and what it cannot revive."""

    def __init__(self) -> None:
        self.works: set[str] = set()
        self.broken: set[str] = set()
        self.revived: list[str] = []

    def works_on(self, job_id: str) -> bool:
        return job_id in self.works

    def revive(self, job: Job) -> None:
        if job.id in self.broken:
            raise TargetFailed("NO", "It cannot.")
        self.revived.append(job.id)


@pytest.fixture
def jobs(tmp_path: Path) -> JobStore:
    store = JobStore(tables_in(tmp_path))
    for name in ("a", "b", "c"):
        store.add(a_job(id=name))
    return store


def revival(jobs: JobStore, engine: Engine) -> Revival:
    return Revival(jobs, cast(Workflows, engine))


def test_a_job_that_was_just_claimed_is_given_time_to_begin(jobs: JobStore) -> None:
    engine = Engine()
    look = revival(jobs, engine)
    look.look()
    assert engine.revived == []
    engine.works = {"a"}
    look.look()
    assert engine.revived == ["b", "c"]


def test_one_that_cannot_go_on_keeps_no_other_lying_and_is_tried_again(jobs: JobStore) -> None:
    engine = Engine()
    engine.broken = {"a"}
    look = revival(jobs, engine)
    look.look()
    look.look()
    assert engine.revived == ["b", "c"]
    engine.broken = set()
    engine.works = {"b", "c"}
    look.look()
    assert engine.revived == ["b", "c", "a"]
