"""Jobs are found by what they are, page by page, and counted by each key as if that key were not asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from plugin.jobs.details import JobDetails
from plugin.jobs.filters import JobFilter
from plugin.jobs.finder import JobFinder
from plugin.jobs.job import State
from plugin.jobs.store import JobStore
from tests.builders.either_database import SQLITE, tables_in
from tests.builders.jobs import a_job
from tests.builders.many_jobs import note_many

pytestmark = pytest.mark.usefixtures("either_database")

FLAGGED_ROI = {"rois": [{"Number": 1, "Name": "Heart", "Flags": ["touches the edge"]}]}
PLAIN_ROI = {"rois": [{"Number": 1, "Name": "Heart"}]}
# Name of a job: how it differs from a running one of hu-ct at the cloud.
JOBS: dict[str, dict[str, Any]] = {
    "plain": {"state": State.DONE, "details": PLAIN_ROI, "created": 10.0, "updated": 100.0},
    "flagged": {"state": State.DONE, "details": FLAGGED_ROI, "created": 9.0, "updated": 200.0, "series": "s1"},
    "overtaken": {"state": State.SUPERSEDED, "details": FLAGGED_ROI, "created": 8.0, "study": "t1"},
    "refused": {"state": State.REJECTED, "model": "total", "rule": "other", "created": 7.0, "updated": 300.0},
    "running": {"target": "local", "created": 6.0, "study": "t1"},
}


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    return tables_in(tmp_path)


def note(engine: sa.Engine) -> JobFinder:
    store = JobStore(engine)
    for name, changed in JOBS.items():
        store.add(a_job(id=name, **changed))
    return JobFinder(engine)


CASES: list[tuple[dict[str, Any], set[str]]] = [
    ({}, set(JOBS)),
    ({"states": [State.DONE]}, {"plain", "flagged"}),
    ({"states": [State.DONE, State.RUNNING], "targets": ["local"]}, {"running"}),
    ({"models": ["total"]}, {"refused"}),
    ({"models": []}, set()),
    ({"rules": ["other", "another"]}, {"refused"}),
    ({"since": 200.0, "until": 300.0}, {"flagged"}),
    ({"flagged": True}, {"flagged"}),
    ({"flagged": False}, set(JOBS) - {"flagged"}),
    ({"series": ["s1"], "studies": ["t1"]}, {"flagged", "overtaken", "running"}),
    ({"series": ["s1"], "study": "t1"}, set()),
    ({"series": [], "studies": []}, set()),
]


@pytest.mark.parametrize(("asked", "expected"), CASES)
def test_a_filter_finds_those_and_no_others(engine: sa.Engine, asked: dict[str, Any], expected: set[str]) -> None:
    finder = note(engine)
    found = finder.rows(None, JobFilter(**asked), 100)
    assert {row.id for row in found.jobs} == expected
    assert finder.counts(JobFilter(**asked)).total == len(expected)
    assert {job.id for job in finder.page(None, JobFilter(**asked), 100).jobs} == expected


def test_each_key_is_counted_as_if_it_were_not_asked_for(engine: sa.Engine) -> None:
    finder = note(engine)
    counts = finder.counts(JobFilter(states=[State.DONE], models=["hu-ct"], flagged=True))
    assert counts.total == 1
    assert counts.states == {"done": 1}, "of the flagged ones of the model, in any state"
    assert counts.models == {"hu-ct": 1}
    assert counts.flagged == 1
    counts = finder.counts(JobFilter(states=[State.DONE]))
    assert counts.states == {"done": 2, "superseded": 1, "rejected": 1, "running": 1}
    assert counts.models == {"hu-ct": 2}
    assert counts.targets == {"cloud": 2}


def test_pages_hold_each_row_once_newest_first(engine: sa.Engine) -> None:
    note_many(engine, 230)
    finder = JobFinder(engine)
    page = finder.rows(None, JobFilter(), 50)
    found = list(page.jobs)
    while page.after is not None:
        page = finder.rows(page.after, JobFilter(), 50)
        found += page.jobs
    assert len(found) == len({row.id for row in found}) == 230
    assert [row.created for row in found] == sorted((row.created for row in found), reverse=True)


def test_a_row_says_how_many_structures_are_flagged_while_they_are_a_result(engine: sa.Engine) -> None:
    rows = {row.id: row.to_json() for row in note(engine).rows(None, JobFilter(), 100).jobs}
    assert {name: row["Flagged"] for name, row in rows.items() if row["Flagged"]} == {"flagged": 1}
    assert rows["refused"]["Error"] is None


def test_flags_are_counted_anew_with_each_attempt(engine: sa.Engine) -> None:
    store, finder = JobStore(engine), JobFinder(engine)
    job, _ = store.add(a_job())
    store.merge_details(job.id, JobDetails.model_validate(FLAGGED_ROI))
    assert [row.flagged for row in finder.rows(None, JobFilter(flagged=True), 1).jobs] == [1]
    store.warn(job.id, "a warning")
    assert [row.flagged for row in finder.rows(None, JobFilter(flagged=True), 1).jobs] == [1]
    store.begin(job.id, JobDetails())
    assert finder.rows(None, JobFilter(flagged=True), 1).jobs == ()


def test_no_search_reads_the_rows_that_it_does_not_show(engine: sa.Engine, either_database: str) -> None:
    if either_database != SQLITE:
        pytest.skip("how PostgreSQL finds rows depends on what it knows of their number")
    note_many(engine, 100)
    asked: list[tuple[str, Any]] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note_statement(_c: object, _cur: object, statement: str, parameters: Any, _ctx: object, _many: object) -> None:
        asked.append((statement, parameters))

    finder = JobFinder(engine)
    for wanted in (JobFilter(), JobFilter(states=[State.DONE], models=["total"]), JobFilter(flagged=True, since=1.0)):
        finder.rows(None, wanted, 10)
        finder.counts(wanted)
    sa.event.remove(engine, "before_cursor_execute", note_statement)
    assert len(asked) == 9
    with engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters).all()
            assert "COVERING INDEX ix_jobs_found_by" in plan[0][3] or "(id=?)" in plan[0][3], plan
