"""Which labels a study should have: a stored result, what is to be looked at, what was refused, what is open."""

from __future__ import annotations

from typing import Any

import pytest

from plugin.jobs.job import Job, State
from plugin.labels.wanted import wanted_labels
from plugin.settings.labels import LabelNames
from tests.builders.jobs import a_job

NAMES = LabelNames()
FLAGGED = {"rois": [{"Number": 1, "Name": "Heart", "Flags": ["odd"]}]}


def ended(state: State, created: float = 1.0, **changed: Any) -> Job:
    rtstruct = "rtstruct" if state is State.DONE else None
    return a_job(**({"state": state, "created": created, "rtstruct": rtstruct} | changed))


@pytest.mark.parametrize(
    ("jobs", "labels"),
    [
        ([], set()),
        ([ended(State.WAITING)], {"waiting"}),
        ([ended(State.RUNNING)], {"waiting"}),
        ([ended(State.DONE)], {"contoured"}),
        ([ended(State.DONE, details=FLAGGED)], {"contoured", "look"}),
        ([ended(State.DONE, details={"warnings": ["One slice was left out."]})], {"contoured", "look"}),
        ([ended(State.DONE, rtstruct=None, details={"warnings": ["Its RTSTRUCT was deleted."]})], set()),
        ([ended(State.FAILED)], {"look"}),
        ([ended(State.REJECTED)], {"rejected"}),
        ([ended(State.EXCLUDED), ended(State.CANCELLED), ended(State.SUPERSEDED, rtstruct="kept")], set()),
    ],
)
def test_a_study_is_called_by_the_states_of_its_jobs(jobs: list[Job], labels: set[str]) -> None:
    assert wanted_labels(jobs, NAMES) == labels


def test_of_the_same_work_only_the_newest_job_says_what_to_look_at() -> None:
    earlier = [ended(State.REJECTED, 1.0), ended(State.FAILED, 2.0), ended(State.DONE, 3.0, details=FLAGGED)]
    assert wanted_labels([ended(State.DONE, 4.0), *earlier], NAMES) == {"contoured"}
    assert wanted_labels([*earlier, ended(State.FAILED, 4.0)], NAMES) == {"contoured", "look"}


def test_other_series_models_targets_and_volumes_are_work_of_their_own() -> None:
    volume = {"decision": {"Volume": {"Words": "EchoTime = 2", "Label": "2", "Key": "a"}}}
    for other in ({"series": "another"}, {"model": "another"}, {"target": "another"}, {"details": volume}):
        assert wanted_labels([ended(State.REJECTED, 1.0), ended(State.DONE, 2.0, **other)], NAMES) == {
            "rejected",
            "contoured",
        }


def test_a_label_without_a_name_is_left_out() -> None:
    assert wanted_labels([ended(State.WAITING)], LabelNames(Waiting=None)) == set()
