"""Who decides, in which order, and that nobody names what does not exist."""

from __future__ import annotations

from typing import Any, cast

from plugin.facts.given import given_facts
from plugin.intake.decider import Decider
from plugin.intake.site_script import SiteScript
from routing.answer import Answer
from routing.decide import CONTOUR, ERROR, EXCLUDED, NONE, Decision, Explanation
from routing.facts import SeriesFacts
from routing.lua import read_marks
from routing.rules import read_rules

CT = given_facts({"Modality": "CT"})
RULES = read_rules([{"Name": "every CT", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct"}}])[0]
LUA = {"7302": '{"Model": "hu-ct", "Target": "cloud"}'}


class Asked:
    """Stands in for the script's process: answers what it was made with, and counts."""

    problem = None

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.times = 0

    def ask(self, facts: SeriesFacts) -> Answer:
        assert facts is CT
        self.times += 1
        return self.answer


def decided(script: Asked | None = None, marks: dict[str, Any] | None = None, **options: Any) -> Explanation:
    decider = Decider(
        RULES,
        targets=("local", "cloud"),
        models=("hu-ct",),
        local="local",
        script=cast(SiteScript, script) if script else None,
        **options,
    )
    return decider.decide(CT, read_marks(marks or {}))


def said(model: str, target: str = "local") -> Asked:
    return Asked(Answer("RoutingScript", (Decision(model, target, rule="RoutingScript"),)))


def test_rules_decide_when_nobody_else_does() -> None:
    assert decided().decisions[0].rule == "every CT"
    assert decided(Asked(Answer("RoutingScript"))).decisions[0].rule == "every CT"


def test_the_script_goes_before_the_rules() -> None:
    assert decided(said("hu-ct")).decisions[0].rule == "RoutingScript"


def test_lua_goes_before_the_script_which_is_not_even_asked() -> None:
    script = said("hu-ct")
    assert decided(script, LUA).decisions[0].rule == "Lua"
    assert script.times == 0


def test_a_veto_goes_before_a_request() -> None:
    facts = given_facts({"Modality": "CT", "Veto": "not here"})
    decider = Decider(RULES, targets=("local", "cloud"), models=("hu-ct",), local="local")
    assert decider.decide(facts, read_marks(LUA)).outcome == EXCLUDED


def test_a_target_that_does_not_exist_is_an_error() -> None:
    explanation = decided(said("hu-ct", "nowhere"))
    assert (explanation.outcome, explanation.decisions) == (ERROR, ())
    assert "'nowhere'" in explanation.reason


def test_a_local_model_that_does_not_exist_is_an_error_a_remote_one_may() -> None:
    assert decided(said("no-such")).outcome == ERROR
    assert decided(said("no-such", "cloud")).outcome == CONTOUR


def test_a_filter_that_must_be_asked_and_was_not_is_an_error() -> None:
    assert decided(filter_required=True).outcome == ERROR
    assert decided(filter_required=True, marks={"7301": "allowed"}).outcome == CONTOUR
    assert decided().outcome == CONTOUR


def test_nothing_to_decide_with_is_no_contour() -> None:
    assert Decider((), targets=("local",), models=(), local="local").decide(CT).outcome == NONE
