"""A job that is done says when its RTSTRUCT is no longer in Orthanc; its state stays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from plugin.intake.results import ALONE, DELETED_TOO, PAUSE_SECONDS, StoredResults
from plugin.jobs.details import JobDetails
from plugin.jobs.finder import JobFinder
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc
from tests.builders.either_database import tables_in
from tests.builders.jobs import a_job

pytestmark = pytest.mark.usefixtures("either_database")


class Archive:
    """What is in Orthanc; counts the requests."""

    def __init__(self, *resources: str) -> None:
        self.resources = set(resources)
        self.asked: list[list[str]] = []

    def present(self, resources: Sequence[str]) -> set[str]:
        self.asked.append(list(resources))
        return self.resources & set(resources)


class Walk:
    """The walk over a table of jobs, with a clock that a test turns."""

    def __init__(self, folder: Path, archive: Archive) -> None:
        engine = tables_in(folder)
        self.jobs = JobStore(engine, clock=lambda: 500.0)
        self.now = 0.0
        self._results = StoredResults(cast(Orthanc, archive), self.jobs, JobFinder(engine), lambda: self.now)

    def done(self, rtstruct: str, **changed: object) -> Job:
        job, _ = self.jobs.add(a_job(state=State.DONE, rtstruct=rtstruct, updated=100.0, **changed))
        return job

    def look(self) -> None:
        self.now += PAUSE_SECONDS
        self._results.turn()

    def seen(self, job: Job) -> tuple[State, str | None, tuple[str, ...]]:
        found = self.jobs.get(job.id)
        assert found is not None
        return found.state, found.rtstruct, found.details.all_warnings


def test_a_deleted_rtstruct_is_told_after_the_second_look_and_the_job_stays_done(tmp_path: Path) -> None:
    walk = Walk(tmp_path, Archive("there", "series"))
    kept, lost = walk.done("there"), walk.done("deleted")
    walk.look()
    assert walk.seen(lost) == (State.DONE, "deleted", ())
    walk.look()
    state, rtstruct, (warning,) = walk.seen(lost)
    assert (state, rtstruct) == (State.DONE, None)
    assert "was deleted there. POST /autocontour/series/series/jobs" in warning
    assert walk.seen(kept) == (State.DONE, "there", ())
    after = walk.jobs.get(lost.id)
    assert after is not None
    assert (after.details.gone, after.updated) == ("deleted", 100.0), (
        "when it ended is what the evidence is held against"
    )


def test_one_that_is_overwritten_is_away_for_a_moment_only(tmp_path: Path) -> None:
    archive = Archive("series")
    walk = Walk(tmp_path, archive)
    job = walk.done("again")
    walk.look()
    archive.resources.add("again")
    walk.look()
    archive.resources.discard("again")
    walk.look()
    assert walk.seen(job) == (State.DONE, "again", ())


def test_with_the_series_gone_nobody_is_told_to_ask_again(tmp_path: Path) -> None:
    walk = Walk(tmp_path, Archive())
    job = walk.done("deleted")
    walk.look()
    walk.look()
    assert walk.seen(job) == (State.DONE, None, (DELETED_TOO,))


def test_an_rtstruct_that_is_left_without_its_series_is_told_once(tmp_path: Path) -> None:
    archive = Archive("alone")
    walk = Walk(tmp_path, archive)
    job = walk.done("alone")
    for _ in range(4):
        walk.look()
    assert walk.seen(job) == (State.DONE, "alone", (ALONE,))
    assert archive.asked == [["alone", "series"], ["alone", "series"], [], []]


def test_many_jobs_are_asked_for_page_by_page_and_no_turn_asks_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin.intake.results.PAGE", 2)
    archive = Archive("series", *(f"r{number}" for number in range(5)))
    walk = Walk(tmp_path, archive)
    for number in range(5):
        walk.done(f"r{number}", created=float(number))
    for _ in range(4):
        walk.look()
        walk._results.turn()  # too early
    asked = [[one for one in request if one != "series"] for request in archive.asked]
    assert asked == [["r3", "r4"], ["r1", "r2"], ["r0"], ["r3", "r4"]]


def test_what_the_series_was_before_stays_through_every_attempt(tmp_path: Path) -> None:
    walk = Walk(tmp_path, Archive())
    job, _ = walk.jobs.add(a_job(details={"origin": ["It was another one."], "warnings": ["Look."]}))
    walk.jobs.begin(job.id, JobDetails(warnings=("Look again.",)))
    found = walk.jobs.get(job.id)
    assert found is not None
    assert found.to_json()["Warnings"] == ["It was another one.", "Look again."]
