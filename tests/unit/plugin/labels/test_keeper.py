"""Labels are given once, taken away when they are not true any more, and never those of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from model.errors import RequestRefused, TargetFailed
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.labels import keeper as keeping
from plugin.labels.keeper import LabelKeeper
from plugin.labels.table import LabelTable
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.settings.labels import LabelNames
from tests.builders.either_database import tables_in
from tests.builders.jobs import a_job

pytestmark = pytest.mark.usefixtures("either_database")


class Studies:
    """The labels of an Orthanc's studies; every study is there until it is deleted."""

    def __init__(self) -> None:
        self.of: dict[str, set[str]] = {}
        self.asked: list[str] = []
        self.deleted: set[str] = set()
        self.failure: Exception | None = None
        self.supported = True

    def has_labels(self) -> bool:
        self._ask("system", "")
        return self.supported

    def labels(self, study: str) -> frozenset[str]:
        self._ask("labels", study)
        return frozenset(self.of.get(study, ()))

    def add_label(self, study: str, label: str) -> None:
        self._ask("add " + label, study)
        self.of.setdefault(study, set()).add(label)

    def remove_label(self, study: str, label: str) -> None:
        self._ask("remove " + label, study)
        self.of.get(study, set()).discard(label)

    def _ask(self, what: str, study: str) -> None:
        if self.failure is not None:
            raise self.failure
        if study in self.deleted:
            raise SeriesGone("SERIES_GONE", "It is gone.")
        if study == "refused" and what.startswith("add"):
            raise RequestRefused(400)
        self.asked.append(f"{what} {study}")


class Site:
    def __init__(self, folder: Path) -> None:
        self.engine: sa.Engine = tables_in(folder)
        self.now = 1_800_000_000.0
        self.jobs = JobStore(self.engine, clock=lambda: self.now)
        self.table = LabelTable(self.engine)
        self.studies = Studies()
        self.keeper = self.started()

    def started(self, names: LabelNames | None = LabelNames()) -> LabelKeeper:  # noqa: B008 - it is frozen
        self.keeper = LabelKeeper(cast(Orthanc, self.studies), self.jobs, self.table, names, clock=lambda: self.now)
        return self.keeper

    def turn(self) -> bool:
        self.now += 1
        return self.keeper.turn()

    def job(self, study: str, **changed: Any) -> Job:
        return self.jobs.add(a_job(study=study, state=State.WAITING, **changed))[0]

    def done(self, job: Job) -> None:
        assert self.jobs.publish(job.id, "rtstruct")
        assert self.jobs.finish(job.id, State.DONE)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_labels_follow_the_states_of_a_job_and_are_asked_for_once(site: Site) -> None:
    job = site.job("a")
    site.turn()
    assert site.studies.of == {"a": {"waiting"}}
    site.done(job)
    site.turn()
    assert site.studies.of == {"a": {"contoured"}}
    site.jobs.result_gone(job, "It was deleted.")
    site.turn()
    assert site.studies.of == {"a": set()}
    asked = len(site.studies.asked)
    site.turn()
    assert len(site.studies.asked) == asked, "nothing changed"


def test_labels_of_others_stay_and_ones_that_people_took_away_are_not_given_again(site: Site) -> None:
    site.studies.of = {"a": {"theirs", "contoured"}}
    job = site.job("a")
    site.done(job)
    site.jobs.warn(job.id, "One slice was left out.")
    site.turn()
    assert site.studies.of["a"] == {"theirs", "contoured", "look"}
    site.studies.of["a"].remove("look")
    site.turn()
    assert site.studies.of["a"] == {"theirs", "contoured"}, "somebody has looked"
    site.jobs.result_gone(job, "It was deleted.")
    site.turn()
    assert site.studies.of["a"] == {"theirs", "contoured"}, "a person's label of the same name is theirs"


def test_while_orthanc_is_down_nothing_is_lost(site: Site) -> None:
    job = site.job("a")
    site.turn()
    site.studies.failure = TargetFailed("ORTHANC_UNREACHABLE", "Orthanc does not answer.", retry=True)
    site.done(job)
    with pytest.raises(TargetFailed):
        site.turn()
    site.studies.failure = None
    site.turn()
    assert site.studies.of == {"a": {"contoured"}}


def test_a_label_that_orthanc_may_not_have_taken_is_given_again_after_a_restart(site: Site) -> None:
    site.job("a")
    site.table.note("a", "waiting")  # killed between the note and the request
    site.started()
    site.turn()
    assert site.studies.of == {"a": {"waiting"}}
    assert site.table.given(["a"]) == {"a": {"waiting": True}}


def test_every_study_is_come_to_after_a_restart(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PAGE", 3)
    for number in range(10):
        site.job(f"study{number}")
    for _ in range(4):
        site.turn()
    assert site.studies.of == {f"study{number}": {"waiting"} for number in range(10)}


def test_a_study_that_fails_does_not_keep_the_others_from_theirs(site: Site) -> None:
    site.job("refused")
    site.job("z")
    with pytest.raises(RequestRefused):
        site.turn()
    assert site.studies.of == {"z": {"waiting"}}


def test_a_study_that_is_gone_is_forgotten(site: Site) -> None:
    job = site.job("a")
    site.turn()
    site.studies.deleted = {"a"}
    site.done(job)
    site.turn()
    assert site.table.given(["a"]) == {"a": {}}


def test_labels_of_jobs_that_were_erased_are_taken_away(site: Site) -> None:
    job = site.job("a")
    site.turn()
    site.jobs.forget(job)
    site.turn()
    assert site.studies.of == {"a": set()}
    assert not site.table.any()


def test_labels_of_an_erased_patient_are_taken_away_at_once_or_later_where_that_fails(site: Site) -> None:
    jobs = [site.job("a"), site.job("b")]
    site.turn()
    site.jobs.forget(jobs[0])
    site.keeper.look_at(["a"])
    assert site.studies.of == {"a": set(), "b": {"waiting"}}
    site.jobs.forget(jobs[1])
    site.studies.failure = TargetFailed("ORTHANC_UNREACHABLE", "It is away.", retry=True)
    site.keeper.look_at(["b", "never labelled"])
    assert site.table.given(["b"]) == {"b": {"waiting": True}}
    site.studies.failure = None
    site.turn()
    assert not site.table.any()


def test_another_name_takes_the_place_of_the_earlier_one_and_none_takes_them_away(site: Site) -> None:
    site.job("a")
    site.turn()
    site.started(LabelNames(Waiting="queued"))
    site.turn()
    assert site.studies.of == {"a": {"queued"}}
    site.started(None)
    assert site.turn()
    assert site.studies.of == {"a": set()}
    assert not site.turn(), "nothing is left to do"


def test_an_orthanc_without_labels_is_asked_once_and_said_once(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.studies.supported = False
    site.job("a")
    site.keeper.run()
    assert site.studies.asked == ["system "]
    assert [record.getMessage() for record in caplog.records] == [keeping.NONE_THERE]
    assert site.keeper.remarks == [keeping.NONE_THERE]


def test_a_site_without_labels_asks_orthanc_nothing(site: Site) -> None:
    site.started(None).run()
    assert site.studies.asked == []
    assert site.keeper.remarks == []
