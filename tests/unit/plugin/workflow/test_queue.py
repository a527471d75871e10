"""The order of waiting jobs: urgent first, fair between studies, a limit per target; each that waits has a reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plugin.jobs.store import Waiting
from plugin.jobs.targets import TargetState
from plugin.workflow.queue import RANKS, Choice, choose

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday


def job(name: str, **changed: Any) -> Waiting:
    values: dict[str, Any] = {"study": name, "target": "local", "priority": "normal", "created": 0.0, "hours": None}
    return Waiting(id=name, **(values | changed))


def chosen(waiting: list[Waiting], limit: int = 1, **changed: Any) -> Choice:
    values: dict[str, Any] = {"running": {}, "targets": {}, "limit": lambda target: limit, "served": {}, "now": NOON}
    return choose(waiting, **(values | changed))


def test_urgent_goes_before_normal_before_night() -> None:
    waiting = [job("n", priority="night"), job("b", created=1), job("u", priority="urgent", created=2)]
    assert chosen(waiting, limit=3).start == ("u", "b", "n")


def test_the_older_of_two_goes_first() -> None:
    assert chosen([job("b", created=2), job("a", created=1)]).start == ("a",)


def test_a_study_of_many_series_lets_another_in_between() -> None:
    waiting = [job(f"a{n}", study="a", created=n) for n in range(4)] + [job("b", created=9)]
    assert chosen(waiting, limit=3).start == ("a0", "b", "a1")


def test_a_study_served_before_waits_for_one_that_was_not() -> None:
    waiting = [job("a", study="a", created=0), job("b", study="b", created=1)]
    assert chosen(waiting, served={"a": 7}).start == ("b",)


def test_a_full_target_does_not_hold_another() -> None:
    waiting = [job("a", target="busy"), job("b", target="free", created=1)]
    choice = chosen(waiting, running={"busy": 1})
    assert choice.start == ("b",)
    assert "busy" in choice.reasons["a"].message


def test_a_paused_target_starts_nothing_and_says_so() -> None:
    choice = chosen([job("a")], targets={"local": TargetState("local", paused=True)})
    assert choice.start == ()
    assert (choice.reasons["a"].code, choice.reasons["a"].until) == ("paused", None)


def test_a_target_that_backs_off_says_when_it_is_tried_again() -> None:
    state = TargetState("local", failures=2, next_try=NOON.timestamp() + 30, reason="TARGET_UNREACHABLE")
    choice = chosen([job("a")], targets={"local": state})
    assert choice.start == ()
    assert "TARGET_UNREACHABLE" in choice.reasons["a"].message
    assert choice.reasons["a"].told(NOON.timestamp()).endswith("Next try in 30 s.")


def test_a_back_off_ends_by_itself() -> None:
    state = TargetState("local", failures=2, next_try=NOON.timestamp() - 1, reason="X")
    assert chosen([job("a")], targets={"local": state}).start == ("a",)


def test_hours_of_operation_are_kept_and_told() -> None:
    choice = chosen([job("a", hours="18:00-06:00"), job("b", hours="Mon-Fri 08:00-17:00")], limit=2)
    assert choice.start == ("b",)
    assert "18:00" in choice.reasons["a"].message
    assert choice.reasons["a"].until == NOON.timestamp() + 6 * 3600


JOBS = st.lists(
    st.builds(
        Waiting,
        id=st.uuids().map(str),
        study=st.sampled_from("abc"),
        target=st.sampled_from(["local", "cloud"]),
        priority=st.sampled_from(sorted(RANKS)),
        created=st.floats(0, 100),
        hours=st.sampled_from([None, "18:00-06:00"]),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@given(JOBS, st.integers(0, 4), st.integers(0, 4))
def test_every_job_starts_or_has_a_reason_and_no_limit_is_passed(
    waiting: list[Waiting], limit: int, running: int
) -> None:
    choice = chosen(waiting, limit=limit, running={"local": running})
    assert sorted([*choice.start, *choice.reasons]) == sorted(one.id for one in waiting)
    targets = [one.target for one in waiting if one.id in choice.start]
    assert targets.count("local") <= max(0, limit - running)
    assert targets.count("cloud") <= limit
    ranks = [RANKS[one.priority] for name in choice.start for one in waiting if one.id == name]
    for target in ("local", "cloud"):
        mine = [
            rank
            for rank, name in zip(ranks, choice.start, strict=True)
            for one in waiting
            if one.id == name and one.target == target
        ]
        assert mine == sorted(mine)
