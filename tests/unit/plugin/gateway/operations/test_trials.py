"""What differs between two sets of rules, and how long one request may take for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from model.errors import AutocontourError
from plugin.gateway.operations.trials import Trials, changes
from plugin.intake.decider import Decider
from plugin.pacs.client import SeriesGone
from plugin.settings.draft import Drafts
from routing.decide import CONTOUR, NONE, Decision, Explanation

DECISION = Decision(model="hu-ct", rule="all CT").to_json()
SIDE: dict[str, Any] = {
    "Outcome": "contour",
    "Reason": "Matched: 'all CT'.",
    "Decisions": [DECISION],
    "StructureSets": 1,
    "Volumes": [{"Rule": "all CT", "Volume": None, "Slices": 12, "Refused": None}],
    "Choices": [],
}
RULE = {"Name": "all CT", "When": {}, "Then": {"Model": "hu-ct"}}


def test_the_same_is_no_change() -> None:
    assert changes(SIDE, SIDE | {"Reason": "in other words"}) == []


@pytest.mark.parametrize(
    ("key", "value"), [("Target", "cloud"), ("Hours", "18-06"), ("Pick", "largest"), ("Each", True)]
)
def test_what_a_decision_wants_otherwise_is_named(key: str, value: Any) -> None:
    assert changes(SIDE, SIDE | {"Decisions": [DECISION | {key: value}]}) == [key]


def test_a_rule_of_another_name_is_one_change() -> None:
    renamed = SIDE | {
        "Decisions": [DECISION | {"Rule": "every CT"}],
        "Volumes": [SIDE["Volumes"][0] | {"Rule": "every CT"}],
    }
    assert changes(SIDE, renamed) == ["Rule"]


def test_what_is_excluded_for_another_reason_is_a_change() -> None:
    excluded = {"Outcome": "excluded", "Decisions": [], "StructureSets": 0, "Volumes": [], "Choices": []}
    assert changes(excluded | {"Reason": "a"}, excluded | {"Reason": "b"}) == ["Reason"]


def test_of_what_is_not_contoured_any_more_only_what_is_lost_is_named() -> None:
    nothing = {"Outcome": "none", "Reason": "x", "Decisions": [], "StructureSets": 0, "Volumes": [], "Choices": []}
    assert changes(SIDE, nothing) == ["Outcome", "Rule", "Model", "Target", "StructureSets"]


def an_inspection(series: str, outcome: str) -> Any:
    decisions = (Decision(model="hu-ct", rule="all CT"),) if outcome == CONTOUR else ()
    works = tuple(
        SimpleNamespace(decision=one, refusal=None, volume=None, snapshot=SimpleNamespace(slices=None))
        for one in decisions
    )
    explanation = Explanation(outcome, "so", decisions)
    return SimpleNamespace(snapshot=SimpleNamespace(series=series, study="s"), explanation=explanation, works=works)


class Inspector:
    """Finds any series, but one that is gone and one that Orthanc does not answer for."""

    def inspect_by(self, series: str, deciders: Sequence[Decider]) -> Any:
        if series == "gone":
            raise SeriesGone("SERIES_GONE", "It is no longer in Orthanc.")
        if series == "away":
            raise AutocontourError("ORTHANC_UNREACHABLE", "Orthanc does not answer.", retry=True)
        return an_inspection(series, NONE), an_inspection(series, CONTOUR)


def trials(ticks: Iterator[float], known: Sequence[str] = ()) -> Trials:
    decider = Decider((), targets=("local",), models=("hu-ct",), local="local")
    table: Any = SimpleNamespace(last_decided=lambda limit: list(known)[:limit])
    comparison: Any = SimpleNamespace(of=lambda inspection, inspect: [])
    inspector: Any = Inspector()
    return Trials(Drafts({}, None, Path()), inspector, decider, comparison, table, lambda: next(ticks))


def test_what_the_time_does_not_suffice_for_is_named_to_go_on_with() -> None:
    said = trials(iter([0.0, 1.0, 4.0])).run([RULE], ["a", "b", "c", "a"], 100)
    assert [one["Series"] for one in said["Series"]] == ["a", "b"]
    assert said["Remaining"] == ["c"]


def test_one_series_is_tried_however_long_it_takes() -> None:
    assert trials(iter([0.0, 99.0])).run([RULE], ["a", "b"], 100)["Remaining"] == ["b"]


def test_the_last_series_are_those_that_the_table_names_and_are_counted() -> None:
    said = trials(iter([0.0] * 9), ["a", "gone", "b"]).run([RULE], None, 2)
    assert (said["Tried"], said["Changed"], said["Refused"]) == (2, 1, 1)
    assert said["Outcomes"] == {"Now": {NONE: 1}, "Draft": {CONTOUR: 1}}
    assert said["StructureSets"] == {"Now": 0, "Draft": 1}
    assert said["Series"][0]["Changes"][0] == "Outcome"
    assert said["Series"][1]["Refused"]["Code"] == "SERIES_GONE"


def test_a_draft_that_would_keep_the_gateway_busy_is_not_tried() -> None:
    said = trials(iter([0.0] * 9)).run([RULE] * 501, ["a"], 100)
    (problem,) = said["Problems"]
    assert problem["Message"] == "AutoContour.Rules: found 501 rules; allowed: at most 500 in a draft that is tried"
    assert said["Series"] == []


def test_an_orthanc_that_is_away_ends_it() -> None:
    with pytest.raises(AutocontourError) as raised:
        trials(iter([0.0] * 9)).run([RULE], ["a", "away"], 100)
    assert raised.value.code == "ORTHANC_UNREACHABLE"


def test_the_conditions_come_only_when_asked_for() -> None:
    brief = trials(iter([0.0] * 9)).run([RULE], ["a"], 100)["Series"][0]
    whole = trials(iter([0.0] * 9)).run([RULE], ["a"], 100, explain=True)["Series"][0]
    assert "Rules" not in brief["Draft"]
    assert whole["Draft"]["Rules"] == []
