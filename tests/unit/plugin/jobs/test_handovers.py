"""Jobs of a gateway that was lost: who has them then, and what the lost one may still write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from plugin.jobs.details import JobDetails
from plugin.jobs.handovers import Handovers
from plugin.jobs.job import Job, Stage, State, workflow_id
from plugin.jobs.store import JobStore
from plugin.state.database import open_database
from plugin.state.group_tables import gateways
from plugin.workflow.earlier import copy_of
from tests.builders.jobs import a_job
from tests.builders.postgresql_databases import new_database

LOST, LEFT = "a" * 16, "b" * 16


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    opened = open_database(new_database())
    with opened.begin() as connection:
        for number, gateway in enumerate((LOST, LEFT), 1):
            row = {"id": gateway, "number": number, "host": "host", "version": "1", "epoch": 1, "started": 0, "seen": 0}
            connection.execute(sa.insert(gateways).values(leads=False, fenced=False, **row))
    yield opened
    opened.dispose()


def store_of(engine: sa.Engine, gateway: str) -> JobStore:
    return JobStore(engine, gateway=gateway)


def fence(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.update(gateways).where(gateways.c.id == LOST).values(fenced=True))


def begun(engine: sa.Engine, stage: Stage = Stage.DRAW) -> Job:
    """A job on which the gateway works that will be lost."""
    store = store_of(engine, LOST)
    noted, _ = store.add(a_job(state=State.WAITING, stage=Stage.QUEUED, evidence_code="e" * 26))
    assert store.claim(noted.id) is not None
    entered = store.enter(noted.id, stage)
    assert entered is not None
    return entered


def taken(engine: sa.Engine) -> Handovers:
    fence(engine)
    handovers = Handovers(engine, LEFT, lambda: 0.0)
    assert len(handovers.take()) == 1
    assert handovers.take() == []
    return handovers


def test_a_job_that_was_begun_waits_again_under_a_new_name(engine: sa.Engine) -> None:
    job = begun(engine)
    taken(engine)
    now = store_of(engine, LEFT).get(job.id)
    assert now is not None
    assert (now.state, now.stage, now.gateway, now.takeovers) == (State.WAITING, Stage.QUEUED, None, 1)
    assert now.workflow_id == f"{job.id}-1-taken-1"
    assert now.workflow_id != job.workflow_id


def test_nobody_takes_the_jobs_of_a_gateway_that_is_heard_of(engine: sa.Engine) -> None:
    job = begun(engine)
    assert Handovers(engine, LEFT, lambda: 0.0).take() == []
    assert store_of(engine, LOST).owns(job.id, 0)


@pytest.mark.parametrize("waits", [True, False])
def test_the_lost_gateway_writes_nothing_more(engine: sa.Engine, waits: bool) -> None:
    job = begun(engine)
    taken(engine)
    taker, zombie = store_of(engine, LEFT), store_of(engine, LOST)
    if not waits:
        assert taker.claim(job.id) is not None
        assert taker.enter(job.id, Stage.PSEUDONYMISE) is not None
        taker.begin(job.id, JobDetails(warnings=("of the taker",)))
    before = taker.get(job.id)
    assert not zombie.owns(job.id, 0)
    assert zombie.enter(job.id, Stage.STORE) is None
    assert not zombie.publish(job.id, "instance")
    assert not zombie.finish(job.id, State.FAILED, error=("X", "x"))
    zombie.begin(job.id, JobDetails(warnings=("of a zombie",)))
    zombie.count_start(job.id)
    zombie.forgive_starts()
    zombie.release(job.id)
    if not waits:
        zombie.warn(job.id, "of a zombie")
    assert taker.get(job.id) == before
    assert zombie.running_here() == []


def test_what_is_stored_is_the_takers_to_end(engine: sa.Engine) -> None:
    job = begun(engine, Stage.STORE)
    assert store_of(engine, LOST).publish(job.id, "instance")
    taken(engine)
    now = store_of(engine, LEFT).get(job.id)
    assert now is not None
    assert (now.state, now.rtstruct, now.gateway) == (State.RUNNING, "instance", LEFT)


def test_what_was_stopped_is_the_takers_to_clear_up_after(engine: sa.Engine) -> None:
    job = begun(engine)
    taker = store_of(engine, LEFT)
    assert taker.stop(job.id, State.CANCELLED, ("CANCELLED", "by a person"))
    assert store_of(engine, LOST).stopped_here() == [job.id]
    taken(engine)
    assert taker.stopped_here() == [job.id]
    taker.release(job.id)
    assert taker.stopped_here() == []


def test_who_comes_back_is_told_what_went_on_elsewhere(engine: sa.Engine) -> None:
    job = begun(engine)
    handovers = taken(engine)
    assert store_of(engine, LEFT).claim(job.id) is not None
    assert handovers.begun(job.id, 1) == LOST
    back = Handovers(engine, LOST, lambda: 0.0)
    (lost,) = back.to_clear()
    assert (lost.workflow_id, lost.taker, lost.evidence_code) == (job.workflow_id, LEFT, job.evidence_code)
    back.cleared(lost)
    assert back.to_clear() == []
    assert handovers.to_clear() == []


def test_a_retry_is_nobodys(engine: sa.Engine) -> None:
    job = begun(engine)
    taken(engine)
    taker = store_of(engine, LEFT)
    assert taker.claim(job.id) is not None
    assert taker.finish(job.id, State.FAILED, error=("X", "x"))
    taker.release(job.id)
    again = taker.reopen(job.id, "f" * 26)
    assert again is not None
    assert (again.gateway, again.takeovers, again.workflow_id) == (None, 0, f"{job.id}-2")


def test_a_job_that_was_taken_over_too_often_says_so(engine: sa.Engine) -> None:
    job = begun(engine)
    taken(engine)
    assert store_of(engine, LEFT).starts(job.id)[1] == 1


def test_the_places_of_a_target_are_the_groups_and_those_of_a_gateway_its_own(engine: sa.Engine) -> None:
    for gateway, target in ((LOST, "cloud"), (LOST, "local"), (LEFT, "cloud")):
        noted, _ = store_of(engine, gateway).add(a_job(state=State.WAITING, target=target))
        assert store_of(engine, gateway).claim(noted.id) is not None
    assert store_of(engine, LOST).running_by_target("local") == {"cloud": 2, "local": 1}
    assert store_of(engine, LEFT).running_by_target("local") == {"cloud": 2}


def test_no_takeover_is_taken_for_a_workflow_that_an_earlier_release_began() -> None:
    copies = {copy_of(workflow_id("a" * 32, attempt), str(version)) for attempt in (1, 2) for version in range(1, 9)}
    assert copies.isdisjoint(workflow_id("a" * 32, attempt, taken) for attempt in (1, 2) for taken in range(9))
