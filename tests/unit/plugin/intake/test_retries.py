"""A job is run again where that can end otherwise; where it cannot, the reason is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from model.errors import AutocontourError, InputRefused
from plugin.evidence.subjects import Subjects
from plugin.facts.wanted import WantedVolume
from plugin.intake.arrivals import Arrivals, Position
from plugin.intake.inspection import Subject
from plugin.intake.known_series import SeriesTable
from plugin.intake.retries import Retries
from plugin.intake.series_jobs import SeriesJobs
from plugin.jobs.job import Job, State
from plugin.jobs.refusals import RetryRefused
from plugin.jobs.store import JobStore
from plugin.jobs.wakeup import Wakeup
from plugin.pacs.client import SeriesGone
from plugin.pacs.content import Content
from plugin.settings.settings import read_settings
from tests.builders.either_database import tables_in
from tests.builders.jobs import a_job

pytestmark = pytest.mark.usefixtures("either_database")

SERIES = "-".join(["0123abcd"] * 5)


class Woken(Wakeup):
    """Counts how often it was notified."""

    times = 0

    def notify(self) -> None:
        self.times += 1


@dataclass
class Found:
    """Stands in for the inspector: a series as it is found now, or what keeps it from being read."""

    content: str = "content"
    refusal: AutocontourError | None = None
    excluded_reason: str | None = None
    error: AutocontourError | None = None
    subject: Subject = field(default_factory=lambda: Subject((), "1.2.3"))

    def inspect(self, _series: str) -> Any:
        if self.error is not None:
            raise self.error
        snapshot = SimpleNamespace(content=Content(self.content, "uids"))
        return SimpleNamespace(
            snapshot=snapshot, refusal=self.refusal, excluded_reason=self.excluded_reason, subject=self.subject
        )

    def refusal_of(self, _inspection: object, _wanted: WantedVolume) -> AutocontourError | None:
        return self.refusal


class Place:
    """A job table with one job, and who retries it."""

    def __init__(self, folder: Path, found: Found, **job: Any) -> None:
        engine = tables_in(folder)
        self.store, self.arrivals = JobStore(engine), Arrivals(engine)
        values = {"series": SERIES, "state": State.FAILED, "target": "local", "error_code": "INTERNAL"}
        self.job, _ = self.store.add(a_job(evidence_code="A" * 16, **(values | job)))
        self.arrivals.record([SERIES], Position(1, {}), installed=0.0)
        self.arrivals.decided(self.arrivals.newest_pending(10)[0], "content", "error")
        self.queue, self.intake = Woken(), Woken()
        nobody = cast(Any, None)
        jobs = SeriesJobs(self.store, cast(Subjects, nobody), nobody, nobody, nobody, nobody)
        settings = read_settings({"ModelsDirectory": str(folder / "models")})
        table = SeriesTable(engine)
        self.retries = Retries(cast(Any, found), jobs, table, settings, self.queue, self.intake)

    def retried(self) -> Job:
        return self.retries.retry(self.job)

    def refused(self) -> RetryRefused:
        with pytest.raises(RetryRefused) as refused:
            self.retried()
        assert self.store.get(self.job.id) == self.job, "nothing happened to it"
        assert self.arrivals.newest_pending(10) == []
        return refused.value


def test_what_can_end_otherwise_runs_again(tmp_path: Path) -> None:
    place = Place(tmp_path, Found())
    again = place.retried()
    assert (again.state, again.attempt, place.queue.times) == (State.WAITING, 2, 1)
    assert again.evidence_code != place.job.evidence_code


@pytest.mark.parametrize("state", [State.WAITING, State.RUNNING, State.DONE, State.EXCLUDED, State.SUPERSEDED])
def test_what_runs_or_stands_is_not_run_again(tmp_path: Path, state: State) -> None:
    refused = Place(tmp_path, Found(), state=state).refused()
    assert refused.code == "JOB_STATE"
    assert str(state) in refused.message


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (Found(error=SeriesGone("SERIES_GONE", "gone")), "SERIES_GONE"),
        (Found(excluded_reason="The patient objected to the processing."), "EXCLUDED"),
        (Found(content="another"), "SERIES_CHANGED"),
        (Found(refusal=InputRefused("GEOMETRY_GAP", "Slices are missing.")), "GEOMETRY_GAP"),
    ],
)
def test_a_series_that_forbids_it_is_the_reason(tmp_path: Path, found: Found, code: str) -> None:
    assert Place(tmp_path, found).refused().code == code


@pytest.mark.parametrize("code", ["VALUES_NOT_HU", "PIXELS_SHAPE"])
def test_the_same_slices_end_the_same_way(tmp_path: Path, code: str) -> None:
    refused = Place(tmp_path, Found(), error_code=code, error_message="So it is.").refused()
    assert refused.code == code
    assert f"POST /autocontour/series/{SERIES}/jobs" in refused.message


@pytest.mark.parametrize(
    ("job", "code"), [({"target": "away"}, "NO_TARGET"), ({"model": "no-such-model"}, "MODEL_UNKNOWN")]
)
def test_a_target_or_model_that_is_gone_is_the_reason(tmp_path: Path, job: dict[str, str], code: str) -> None:
    assert Place(tmp_path, Found(), **job).refused().code == code


@pytest.mark.parametrize("code", ["SERIES_UNREADABLE", "ROUTING_ERROR"])
def test_a_job_without_a_model_sends_its_series_back_to_the_rules(tmp_path: Path, code: str) -> None:
    place = Place(tmp_path, Found(error=InputRefused("X", "it is not asked")), model="", target="", error_code=code)
    job = place.retried()
    assert (job.state, job.attempt) == (State.SUPERSEDED, 1)
    assert job.error_message is not None
    assert f"/autocontour/series/{SERIES}" in job.error_message
    assert [one.series for one in place.arrivals.newest_pending(10)] == [SERIES]
    assert (place.intake.times, place.queue.times) == (1, 0)
    with pytest.raises(RetryRefused) as refused:
        place.retries.retry(job)
    assert refused.value.code == "JOB_STATE"
