"""Which jobs a series gets: one for the same work, a final one with its evidence where nothing is begun."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from model.errors import InputRefused
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.signing import SigningKey
from plugin.evidence.subjects import KEY_BYTES, Subjects
from plugin.facts.completeness import Completeness, CompletenessState
from plugin.facts.series_tags import SeriesTags
from plugin.intake.corrections import Corrections
from plugin.intake.inspection import Inspection, Subject
from plugin.intake.modified import Modified
from plugin.intake.series_jobs import EndAtIntake, SeriesJobs, end_of
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc
from plugin.pacs.content import Content
from plugin.pacs.series import SeriesSnapshot
from plugin.workflow.cancellation import Cancellation
from routing.decide import CONTOUR, ERROR, EXCLUDED, NONE, Decision, Explanation
from tests.builders.either_database import tables_in
from tests.builders.evidence import open_chain

pytestmark = pytest.mark.usefixtures("either_database")

WHOLE = Completeness(CompletenessState.WHOLE, "WHOLE", "The series is whole.", 5)
DECISION = Decision(model="hu-ct", rule="every CT")
PATIENT = "MADE-UP-1"


class Stopped:
    """Ends jobs in the table, as a gateway without workers does."""

    def __init__(self, jobs: JobStore) -> None:
        self._jobs = jobs

    def cancel(self, job: Job, state: State, reason: str) -> bool:
        return self._jobs.stop(job.id, state, (state.name, reason))


def inspection_of(content: str = "2:a", refusal: InputRefused | None = None) -> Inspection:
    snapshot = SeriesSnapshot("series", "study", Content(content, "old"), 5, WHOLE, None, None, ("Look.",))
    explanation = Explanation(CONTOUR, "a rule matched", (DECISION,))
    return Inspection(snapshot, refusal, explanation, Subject((PATIENT,), "1.2.3", "CT"), None, SeriesTags((), {}))


@pytest.fixture
def jobs(tmp_path: Path) -> JobStore:
    return JobStore(tables_in(tmp_path))


@pytest.fixture
def subjects(tmp_path: Path) -> Subjects:
    return Subjects(tables_in(tmp_path), bytes(KEY_BYTES))


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return open_chain(tmp_path / "chain", SigningKey.new())


@pytest.fixture
def series_jobs(jobs: JobStore, subjects: Subjects, chain: Chain) -> SeriesJobs:
    nobody = cast(Orthanc, None)
    corrections = Corrections(nobody, jobs, subjects, chain, lambda _job: [])
    ended = cast(Cancellation, Stopped(jobs))
    return SeriesJobs(jobs, subjects, chain, ended, Modified(nobody, jobs), corrections)


def test_the_same_work_on_the_same_content_is_one_job(series_jobs: SeriesJobs) -> None:
    first, new = series_jobs.insert(inspection_of(), DECISION)
    second, again = series_jobs.insert(inspection_of(), DECISION)
    assert (new, again) == (True, False)
    assert (first.id, first.state) == (second.id, State.WAITING)


def test_a_job_says_what_was_decided_and_is_found_from_its_patient(series_jobs: SeriesJobs, subjects: Subjects) -> None:
    job, _ = series_jobs.insert(inspection_of(), DECISION)
    assert (job.details.decision.rule, job.details.warnings) == ("every CT", ("Look.",))
    assert subjects.codes_of(PATIENT) == [job.evidence_code]


def test_another_content_overtakes_what_is_open_and_what_is_done(series_jobs: SeriesJobs, jobs: JobStore) -> None:
    done, _ = series_jobs.insert(inspection_of("2:a"), DECISION)
    jobs.finish(done.id, State.DONE)
    open_one, _ = series_jobs.insert(inspection_of("2:b"), DECISION)
    series_jobs.supersede(inspection_of("2:c").snapshot)
    assert {job.id: job.state for job in series_jobs.of("series")} == {
        done.id: State.SUPERSEDED,
        open_one.id: State.SUPERSEDED,
    }


def test_a_content_that_is_back_is_contoured_again(series_jobs: SeriesJobs) -> None:
    first, _ = series_jobs.insert(inspection_of("2:a"), DECISION)
    series_jobs.supersede(inspection_of("2:b").snapshot)
    second, new = series_jobs.insert(inspection_of("2:a"), DECISION)
    third, again = series_jobs.insert(inspection_of("2:a"), DECISION)
    assert (new, again) == (True, False)
    assert first.id != second.id == third.id


def is_back(series_jobs: SeriesJobs, *gone: Job, content: str = "2:a") -> bool:
    """Whether the series is back, and nothing is left of it, where what these jobs had made is gone."""
    return series_jobs.withdraw_lost(inspection_of(content).snapshot, lambda job: job.id in {one.id for one in gone})


def test_a_series_that_is_back_after_its_open_job_lost_it_is_known_and_contoured(
    series_jobs: SeriesJobs, jobs: JobStore
) -> None:
    assert not is_back(series_jobs)
    series_jobs.insert(inspection_of(), DECISION)
    series_jobs.cancel_deleted("series")
    assert is_back(series_jobs)
    assert not is_back(series_jobs, content="2:b")
    again, new = series_jobs.insert(inspection_of(), DECISION)
    assert (new, is_back(series_jobs)) == (True, False)
    jobs.stop(again.id, State.CANCELLED, ("CANCELLED", "Somebody cancelled it."))
    assert not is_back(series_jobs, again), "what a person cancelled stays so"


def test_a_series_that_was_deleted_with_its_contours_and_is_back_is_contoured_again(
    series_jobs: SeriesJobs, jobs: JobStore
) -> None:
    first, _ = series_jobs.insert(inspection_of(), DECISION)
    assert not is_back(series_jobs, first), "it is open"
    jobs.finish(first.id, State.DONE)
    assert not is_back(series_jobs), "its contours were kept"
    assert is_back(series_jobs, first)
    second, new = series_jobs.insert(inspection_of(), DECISION)
    assert (new, first.id != second.id) == (True, True)
    assert {job.id: job.state for job in series_jobs.of("series")} == {
        first.id: State.SUPERSEDED,
        second.id: State.WAITING,
    }


def test_contours_that_a_person_asked_for_are_not_made_again_by_themselves(
    series_jobs: SeriesJobs, jobs: JobStore
) -> None:
    asked, _ = series_jobs.insert(inspection_of(), Decision(model="hu-ct"))
    jobs.finish(asked.id, State.DONE)
    assert not is_back(series_jobs, asked)
    assert [one.state for one in series_jobs.of("series")] == [State.DONE]


def test_a_series_that_cannot_be_contoured_fails_at_once_with_its_evidence(
    series_jobs: SeriesJobs, chain: Chain
) -> None:
    job, _ = series_jobs.insert(inspection_of(refusal=InputRefused("GEOMETRY_GAP", "A slice is missing.")), DECISION)
    assert (job.state, job.error_code) == (State.FAILED, "GEOMETRY_GAP")
    assert job.evidence_code is not None
    assert chain.records(job.evidence_code)[-1].event is Event.CLOSED


def test_a_decision_not_to_contour_is_a_final_job_with_its_reason(series_jobs: SeriesJobs) -> None:
    end = EndAtIntake(State.EXCLUDED, "EXCLUDED", "a scout")
    job, _ = series_jobs.insert(inspection_of(), Decision(rule="scouts", model="", target=""), end=end)
    assert (job.state, job.error_code, job.error_message) == (State.EXCLUDED, "EXCLUDED", "a scout")


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (EXCLUDED, EndAtIntake(State.EXCLUDED, "EXCLUDED", "why")),
        (ERROR, EndAtIntake(State.FAILED, "ROUTING_ERROR", "why")),
        (CONTOUR, None),
        (NONE, None),
    ],
)
def test_an_outcome_ends_a_series_at_intake_or_not(outcome: str, end: EndAtIntake | None) -> None:
    assert end_of(Explanation(outcome, "why")) == end


def test_only_jobs_that_met_the_series_as_something_else_run_again(series_jobs: SeriesJobs, jobs: JobStore) -> None:
    changed, _ = series_jobs.insert(inspection_of(), DECISION, serial=1)
    other, _ = series_jobs.insert(inspection_of(), DECISION, serial=2)
    jobs.finish(changed.id, State.FAILED, error=("SERIES_CHANGED", "It changed."))
    jobs.finish(other.id, State.FAILED, error=("WORKER_DIED", "It died."))
    assert series_jobs.reopen_changed(inspection_of())
    states = {job.id: job.state for job in series_jobs.of("series")}
    assert states == {changed.id: State.WAITING, other.id: State.FAILED}
    assert not series_jobs.reopen_changed(inspection_of())


def test_a_deleted_series_ends_what_is_open(series_jobs: SeriesJobs) -> None:
    job, _ = series_jobs.insert(inspection_of(), DECISION)
    series_jobs.cancel_deleted("series")
    assert [(one.id, one.state) for one in series_jobs.of("series")] == [(job.id, State.CANCELLED)]
    assert series_jobs.insert(inspection_of(), DECISION)[1], "deleted and sent again, it is contoured again"
