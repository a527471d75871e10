"""What a person leaves open in a request, the rules decide: all of it, but not when."""

from __future__ import annotations

import pytest

from model.errors import InputRefused
from plugin.intake.job_request import JobRequest
from routing.decide import Decision
from routing.one_per_study import OnePerStudy

RULED = Decision(
    "hu-ct",
    "box",
    priority="urgent",
    structures="thorax",
    outputs=("RTSTRUCT", "SEG"),
    hours="22:00-06:00",
    rule="thorax CT",
    pick={"EchoNumbers": 2},
    one_per_study=OnePerStudy(),
    deliver=("tps",),
)


def test_a_request_without_a_model_is_what_the_rule_says_now_and_of_this_series() -> None:
    wanted = JobRequest().completed_by(RULED)
    assert wanted == Decision(
        "hu-ct",
        "box",
        priority="urgent",
        structures="thorax",
        outputs=("RTSTRUCT", "SEG"),
        rule="thorax CT",
        pick={"EchoNumbers": 2},
        deliver=("tps",),
    )


def test_target_and_volumes_that_are_asked_for_go_before_the_rules() -> None:
    wanted = JobRequest(target="local", each=True).completed_by(RULED)
    assert (wanted.target, wanted.pick, wanted.each, wanted.structures) == ("local", None, True, "thorax")


def test_a_model_that_is_named_has_no_rule_and_nothing_of_its_result() -> None:
    wanted = JobRequest("deepbet").completed_by(RULED)
    assert wanted == Decision("deepbet", "box", pick={"EchoNumbers": 2})
    assert JobRequest("deepbet").completed_by(None) == Decision("deepbet", "local")


def test_without_a_model_and_without_a_rule_nothing_is_contoured() -> None:
    with pytest.raises(InputRefused) as refused:
        JobRequest(target="local").completed_by(None)
    assert refused.value.code == "NO_RULE"
