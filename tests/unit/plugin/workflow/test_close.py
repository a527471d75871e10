"""A job is closed whatever the clock says, and as overtaken when the series changed after its RTSTRUCT was stored."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

import pytest

from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import Event
from model.evidence.signing import SigningKey
from plugin.jobs.job import UNREAD, State
from plugin.jobs.store import JobStore
from plugin.workflow.stages import Stages
from tests.builders.either_database import tables_in
from tests.builders.jobs import a_job

pytestmark = pytest.mark.usefixtures("either_database")

NOT_ASKED = cast(Any, None)


def parts(folder: Path) -> tuple[JobStore, Chain, Stages]:
    jobs = JobStore(tables_in(folder))
    chain = Chain.open(folder / "chain", SigningKey.load_or_create(folder / "key"), labels=("hu-ct", "cloud"))
    return jobs, chain, Stages(NOT_ASKED, NOT_ASKED, jobs, NOT_ASKED, chain, NOT_ASKED, NOT_ASKED, NOT_ASKED)


def test_a_job_that_began_in_what_is_now_the_future_closes_as_one_that_took_no_time(tmp_path: Path) -> None:
    jobs, chain, stages = parts(tmp_path)
    code = new_code()
    jobs.add(a_job(id="a", created=time.time() + 86400, evidence_code=code))
    stages.close("a", None)
    job = jobs.get("a")
    assert job is not None
    assert job.state is State.DONE
    (closed,) = [record for record in chain.records(code) if record.event is Event.CLOSED]
    assert closed.facts["duration_ms"] == 0


def closed_beside(folder: Path, newer: str) -> State:
    """The state of a job that closes beside one that was noted later, for a content."""
    jobs, _, stages = parts(folder)
    jobs.add(a_job(id="a", created=1000.0, content="2:five slices", evidence_code=new_code()))
    assert jobs.publish("a", "stored")
    assert not jobs.stop("a", State.SUPERSEDED, ("SUPERSEDED", "too late: its RTSTRUCT is stored"))
    jobs.add(a_job(id="b", created=2000.0, content=newer, evidence_code=new_code()))
    stages.close("a", None)
    job = jobs.get("a")
    assert job is not None
    return job.state


def test_a_job_that_could_not_be_stopped_when_its_series_changed_ends_as_superseded(tmp_path: Path) -> None:
    assert closed_beside(tmp_path, "2:six slices") is State.SUPERSEDED


def test_another_job_of_the_same_series_as_it_is_overtakes_none(tmp_path: Path) -> None:
    assert closed_beside(tmp_path, "2:five slices") is State.DONE


def test_a_series_that_could_not_be_read_is_no_newer_content(tmp_path: Path) -> None:
    assert closed_beside(tmp_path, UNREAD) is State.DONE
