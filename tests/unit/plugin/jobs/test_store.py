"""The job table: the same work is one job, and a final state is final."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from plugin.jobs.details import DrawnRoi, JobDetails, LeftOutSlice, RequestedWork, UsedAlgorithm
from plugin.jobs.job import Job, Stage, State
from plugin.jobs.store import JobStore, NewJob
from plugin.state.database import jobs
from tests.builders.either_database import tables_in
from tests.builders.jobs import a_job

pytestmark = pytest.mark.usefixtures("either_database")


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    ticks = iter(range(1000, 100_000))
    return JobStore(tables_in(tmp_path), clock=lambda: float(next(ticks)))


def new(**changed: Any) -> NewJob:
    values: dict[str, Any] = {
        "series": "s1",
        "study": "t1",
        "content": "c1",
        "instances": 5,
        "rule": "all",
        "model": "hu-ct",
        "target": "local",
        "priority": "normal",
        "evidence_code": changed.pop("evidence_code", "code-" + repr(sorted(changed.items()))),
        "details": JobDetails(),
    }
    return NewJob(**(values | changed))


def draft(store: JobStore, **changed: Any) -> Job:
    return store.draft(new(**changed))


def test_the_same_work_noted_twice_is_one_job(store: JobStore) -> None:
    first, is_new = store.add(draft(store))
    second, again = store.add(draft(store, evidence_code="other"))
    assert (is_new, again) == (True, False)
    assert first.id == second.id


def test_another_content_rule_model_or_serial_is_another_job(store: JobStore) -> None:
    ids = {
        store.add(draft(store, **change))[0].id
        for change in ({}, {"content": "c2"}, {"rule": "b"}, {"model": "x"}, {"serial": 1})
    }
    assert len(ids) == 5


def test_a_job_runs_only_while_it_is_open(store: JobStore) -> None:
    job, _ = store.add(draft(store))
    running = store.enter(job.id, Stage.DRAW)
    assert running is not None
    assert (running.state, running.stage) == (State.RUNNING, Stage.DRAW)
    assert store.finish(job.id, State.CANCELLED, error=("CANCELLED", "by a user"))
    assert store.enter(job.id, Stage.STORE) is None
    assert not store.finish(job.id, State.DONE)
    ended = store.get(job.id)
    assert ended is not None
    assert (ended.state, ended.error_code) == (State.CANCELLED, "CANCELLED")


def test_timings_and_warnings_add_up_and_other_details_are_replaced(store: JobStore) -> None:
    job, _ = store.add(draft(store))
    left_out = LeftOutSlice(instance="x", reason="localizer")
    store.merge_details(job.id, JobDetails(timings={"gate": 1.0}, warnings=("a",), left_out=(left_out,)))
    store.merge_details(job.id, JobDetails(timings={"engine": 2.0}, warnings=("b", "a"), left_out=()))
    store.warn(job.id, "c")
    found = store.get(job.id)
    assert found is not None
    assert found.details == JobDetails(timings={"gate": 1.0, "engine": 2.0}, warnings=("a", "b", "c"), left_out=())


def test_details_that_are_not_given_stay_as_they_are(store: JobStore) -> None:
    job, _ = store.add(draft(store, details=JobDetails(decision=RequestedWork(structures="thorax"))))
    store.merge_details(job.id, JobDetails(segmentation="s"))
    found = store.get(job.id)
    assert found is not None
    assert found.details == JobDetails(decision=RequestedWork(structures="thorax"), segmentation="s")


def test_details_of_another_release_are_read_and_stay_in_the_row(store: JobStore, tmp_path: Path) -> None:
    job, _ = store.add(draft(store))
    foreign = '{"left_out": 3, "algorithm": {"Version": "1.0", "Digest": "d", "Later": 1}, "later": [1]}'
    with tables_in(tmp_path).begin() as database:
        database.execute(sa.update(jobs).values(details=json.loads(foreign)))
    store.warn(job.id, "a")
    found = store.get(job.id)
    assert found is not None
    assert found.details.algorithm == UsedAlgorithm(version="1.0", digest="d")
    assert (found.details.left_out, found.details.warnings) == ((), ("a",))
    with tables_in(tmp_path).connect() as database:
        assert database.execute(sa.select(jobs.c.details)).scalar_one()["later"] == [1]


def test_details_show_what_was_said_and_no_defaults() -> None:
    details = JobDetails(rois=(DrawnRoi(number=1, name="Heart", full_name="Heart", volume=2.5),), timings={})
    assert details.to_json() == {
        "rois": [{"Number": 1, "Name": "Heart", "FullName": "Heart", "Volume": 2.5}],
        "timings": {},
    }


def test_an_attempt_begins_without_what_an_earlier_one_left(store: JobStore) -> None:
    job, _ = store.add(
        draft(store, details=JobDetails(explanation={"Outcome": "contour"}, warnings=("of the series",)))
    )
    store.merge_details(job.id, JobDetails(segmentation="s", warnings=("of the attempt",)))
    store.begin(job.id, JobDetails(warnings=("of the series",)))
    found = store.get(job.id)
    assert found is not None
    assert found.details == JobDetails(explanation={"Outcome": "contour"}, warnings=("of the series",))


@pytest.mark.parametrize("state", [State.DONE, State.EXCLUDED, State.SUPERSEDED])
def test_what_succeeded_or_was_excluded_is_not_retried(store: JobStore, state: State) -> None:
    job, _ = store.add(draft(store))
    store.finish(job.id, state)
    assert store.reopen(job.id, "fresh") is None


def test_a_retry_is_a_new_attempt_with_its_own_workflow_and_evidence(store: JobStore) -> None:
    job, _ = store.add(draft(store))
    store.finish(job.id, State.FAILED, error=("X", "y"))
    again = store.reopen(job.id, "fresh")
    assert again is not None
    assert (again.state, again.attempt, again.evidence_code, again.error_code) == (State.WAITING, 2, "fresh", None)
    assert again.workflow_id != job.workflow_id
    assert store.reopen(job.id, "fresher") is None


def test_jobs_are_listed_newest_first_and_filtered(store: JobStore) -> None:
    a, _ = store.add(draft(store, series="a"))
    b, _ = store.add(draft(store, series="b"))
    store.finish(a.id, State.DONE)
    assert [job.id for job in store.list()] == [b.id, a.id]
    assert [job.id for job in store.list(states=[State.DONE])] == [a.id]
    assert [job.id for job in store.list(series="b")] == [b.id]
    assert [job.id for job in store.list(limit=1)] == [b.id]


def test_a_job_as_json_has_the_keys_of_the_contract(store: JobStore) -> None:
    job, _ = store.add(draft(store))
    contract = {
        *("ID", "Series", "Study", "Rule", "Model", "Target", "State", "Stage", "Progress", "Created", "Updated"),
        *("Instances", "Rtstruct", "Rois", "EvidenceCode", "Error", "Timings"),
    }
    shown = job.to_json()
    assert contract <= set(shown)
    assert shown["Created"].endswith("Z")


def test_of_stopping_a_job_and_publishing_its_rtstruct_one_succeeds(store: JobStore) -> None:
    stopped, _ = store.add(draft(store, series="a"))
    assert store.stop(stopped.id, State.CANCELLED, ("CANCELLED", "by a user"))
    assert not store.publish(stopped.id, "instance")
    published, _ = store.add(draft(store, series="b"))
    assert store.publish(published.id, "instance")
    assert not store.stop(published.id, State.CANCELLED, ("CANCELLED", "by a user"))
    assert store.finish(published.id, State.DONE)


def test_rows_of_jobs_that_ended_before_a_time_are_removed_and_open_ones_stay(store: JobStore) -> None:
    old, _ = store.add(draft(store, evidence_code="old"))
    store.finish(old.id, State.DONE)
    waiting, _ = store.add(draft(store, series="s2", evidence_code="open"))
    recent, _ = store.add(draft(store, series="s3", evidence_code="recent"))
    store.finish(recent.id, State.FAILED)
    ended = store.get(recent.id)
    assert ended is not None
    assert store.retire(ended.updated) == ("old",)
    assert {job.id for job in store.list()} == {waiting.id, recent.id}


def test_a_stage_that_an_earlier_version_noted_is_read_as_the_one_that_does_its_work_now(
    store: JobStore, tmp_path: Path
) -> None:
    job, _ = store.add(draft(store))
    with tables_in(tmp_path).begin() as database:
        database.execute(sa.text("UPDATE jobs SET state = 'running', stage = 'restore'"))
    found = store.get(job.id)
    assert found is not None
    assert found.stage is Stage.STORE


@pytest.mark.parametrize("state", [State.SUPERSEDED, State.FAILED, State.CANCELLED, State.REJECTED])
def test_what_was_drawn_is_no_result_of_a_job_that_was_overtaken_or_failed(state: State) -> None:
    details = {"rois": [{"Number": 1, "Name": "Heart", "Volume": 1.0}]}
    assert [roi["Name"] for roi in a_job(state=State.DONE, details=details).to_json()["Rois"]] == ["Heart"]
    assert a_job(state=state, details=details).to_json()["Rois"] == []
