"""Several rules: the first decides, Continue goes on, Exclude ends, errors are seen."""

from __future__ import annotations

import json
from typing import Any

from plugin.facts.given import given_facts
from routing.conditions import LONGEST_SEARCHED
from routing.decide import CONTOUR, ERROR, EXCLUDED, NONE, Explanation, decide
from routing.one_per_study import OnePerStudy
from routing.rules import read_rules

CT = {"Modality": "CT"}
MR = {"Modality": "MR"}


def rule(name: str, when: dict[str, Any], **result: Any) -> dict[str, Any]:
    return {"Name": name, "When": when, "Then": result or {"Model": name}}


def decided(tags: dict[str, Any], *rules: dict[str, Any]) -> Explanation:
    read, problems = read_rules(list(rules))
    assert problems == []
    return decide(given_facts(tags), read)


def models(explanation: Explanation) -> list[str]:
    return [decision.model for decision in explanation.decisions]


def test_no_rules_contour_nothing() -> None:
    assert decided(CT).outcome == NONE


def test_no_rule_that_matches_contours_nothing() -> None:
    assert decided(CT, rule("a", MR)).outcome == NONE


def test_of_overlapping_rules_the_first_decides() -> None:
    assert models(decided(CT, rule("a", CT), rule("b", {}))) == ["a"]


def test_order_decides_not_how_special_a_rule_is() -> None:
    assert models(decided(CT, rule("b", {}), rule("a", CT))) == ["b"]


def test_a_fallback_at_the_end_takes_what_is_left() -> None:
    assert models(decided(CT, rule("a", MR), rule("rest", {}))) == ["rest"]


def test_continue_lets_a_second_rule_fire_too() -> None:
    explanation = decided(CT, rule("a", CT, Model="a", Continue=True), rule("b", CT), rule("c", CT))
    assert models(explanation) == ["a", "b"]


def test_continue_goes_past_rules_that_do_not_match() -> None:
    assert models(decided(CT, rule("a", CT, Model="a", Continue=True), rule("b", MR), rule("c", {}))) == ["a", "c"]


def test_continue_with_nothing_after_it_is_one_result() -> None:
    assert models(decided(CT, rule("a", CT, Model="a", Continue=True), rule("b", MR))) == ["a"]


def test_the_same_result_twice_is_made_once() -> None:
    explanation = decided(CT, rule("a", CT, Model="m", Continue=True), rule("b", {}, Model="m"))
    assert [decision.rule for decision in explanation.decisions] == ["a"]


def test_the_same_model_at_two_targets_is_two_results() -> None:
    explanation = decided(CT, rule("a", CT, Model="m", Continue=True), rule("b", {}, Model="m", Target="cloud"))
    assert [decision.target for decision in explanation.decisions] == ["local", "cloud"]


def test_an_excluding_rule_ends_with_its_reason() -> None:
    explanation = decided(CT, rule("a", CT, Exclude="no contours for phantoms"), rule("b", {}))
    assert (explanation.outcome, explanation.reason, explanation.decisions) == (
        EXCLUDED,
        "no contours for phantoms",
        (),
    )


def test_an_excluding_rule_after_the_first_match_is_not_reached() -> None:
    assert decided(CT, rule("a", CT), rule("b", CT, Exclude="x")).outcome == CONTOUR


def test_an_excluding_rule_wins_over_one_that_continued() -> None:
    assert decided(CT, rule("a", CT, Model="a", Continue=True), rule("b", CT, Exclude="x")).outcome == EXCLUDED


def test_what_a_decision_leaves_open_has_the_defaults_of_the_contract() -> None:
    assert decided(CT, rule("a", CT)).to_json()["Decisions"] == [
        {
            "Rule": "a",
            "Model": "a",
            "Target": "local",
            "Priority": "normal",
            "Structures": None,
            "Outputs": ["RTSTRUCT"],
            "Hours": None,
            "Pick": None,
            "Each": False,
            "OnePerStudy": None,
            "Deliver": [],
            "RequireCommissioned": False,
            "OutOfRange": None,
            "SecondModel": None,
        }
    ]


def test_what_a_rule_says_is_in_the_decision() -> None:
    said: dict[str, Any] = {
        "Model": "m",
        "Target": "cloud",
        "Priority": "urgent",
        "Structures": "thorax",
        "Hours": "18:00-06:00",
    }
    said |= {"Pick": {"EchoTime": "shortest"}, "Each": True, "Deliver": ["tps", "archive"]}
    said |= {"RequireCommissioned": True, "OutOfRange": "refuse"}
    said |= {"SecondModel": {"Model": "n", "Dice": 0.7, "Hausdorff95Mm": 5.0}}
    (decision,) = decided(CT, rule("a", CT, **said, Outputs=["SEG", "RTSTRUCT", "SEG"])).to_json()["Decisions"]
    assert decision == {"Rule": "a", **said, "Outputs": ["SEG", "RTSTRUCT"], "OnePerStudy": None}


def test_a_result_that_two_rules_want_is_made_once_and_delivered_where_either_says() -> None:
    first = rule("a", CT, Model="m", Deliver=["tps"], Continue=True)
    second = rule("b", CT, Model="m", Deliver=["archive", "tps"])
    (decision,) = decided(CT, first, second).decisions
    assert (decision.rule, decision.deliver) == ("a", ("tps", "archive"))


def test_a_result_that_two_rules_want_has_what_either_demands() -> None:
    first = rule("a", CT, Model="m", OutOfRange="refuse", Continue=True)
    second = rule("b", CT, Model="m", RequireCommissioned=True, SecondModel="n")
    (decision,) = decided(CT, first, second).decisions
    assured = decision.assurance.to_json()
    assert (assured["RequireCommissioned"], assured["OutOfRange"]) == (True, "refuse")
    assert assured["SecondModel"]["Model"] == "n"


def test_a_rule_that_wants_the_best_of_a_study_says_by_what() -> None:
    (decision,) = decided(CT, rule("a", CT, Model="m", OnePerStudy={"Thickness": 3})).decisions
    assert decision.to_json()["OnePerStudy"] == OnePerStudy(thickness=3.0).to_json()
    assert decided(CT, rule("a", CT, Model="m", OnePerStudy=True)).compares
    assert not decided(CT, rule("a", CT, Model="m")).compares


def test_a_result_that_is_wanted_anyway_does_not_depend_on_the_study() -> None:
    best = rule("best", CT, Model="m", OnePerStudy=True, Continue=True)
    anyway = rule("anyway", CT, Model="m", Continue=True)
    other_best = rule("other best", CT, Model="m", OnePerStudy={"Thickness": 3}, Continue=True)
    assert [one.rule for one in decided(CT, best, anyway).decisions] == ["anyway"]
    assert [one.rule for one in decided(CT, anyway, best).decisions] == ["anyway"]
    assert [one.rule for one in decided(CT, best, other_best).decisions] == ["best", "other best"]
    assert [one.rule for one in decided(CT, best, rule("again", CT, Model="m", OnePerStudy=True)).decisions] == ["best"]


def test_a_rule_that_fails_is_an_error_of_the_series_not_a_no() -> None:
    long_text = {"SeriesDescription": "x" * (LONGEST_SEARCHED + 1)}
    explanation = decided(long_text, rule("a", {"SeriesDescription": {"Pattern": "y"}}), rule("b", {}))
    assert explanation.outcome == ERROR
    assert "'a'" in explanation.reason
    assert "xx" not in explanation.reason
    assert explanation.to_json()["Rules"][0]["Error"]


def test_a_pattern_that_does_not_end_is_an_error_of_the_series() -> None:
    slow = {"SeriesDescription": {"Pattern": "(a+a+a+){3}$"}}
    explanation = decided({"SeriesDescription": "a" * 300 + "!"}, rule("a", slow), rule("b", {}))
    assert explanation.outcome == ERROR
    assert "did not end within" in explanation.reason


def test_a_rule_that_fails_after_the_decision_changes_nothing() -> None:
    long_text = {"SeriesDescription": "x" * (LONGEST_SEARCHED + 1)}
    explanation = decided(long_text, rule("b", {}), rule("a", {"SeriesDescription": {"Pattern": "y"}}))
    assert explanation.outcome == CONTOUR


def test_an_objection_excludes_before_any_rule() -> None:
    assert decided({**CT, "Objection": True}, rule("a", CT)).outcome == EXCLUDED
    assert decided({**CT, "Objection": False}, rule("a", CT)).outcome == CONTOUR


def test_a_veto_excludes_with_its_reason() -> None:
    explanation = decided({**CT, "Veto": "breast is contoured elsewhere"}, rule("a", CT))
    assert explanation.outcome == EXCLUDED
    assert "breast is contoured elsewhere" in explanation.reason


def test_nested_conditions_are_explained_by_path() -> None:
    explanation = decided(CT, rule("a", {"Any": [MR, {"Modality": "CT", "Slices": 3}], "Not": MR}))
    rows = explanation.to_json()["Rules"][0]["Conditions"]
    assert [(row["Fact"], row["Found"], row["Matched"]) for row in rows] == [
        ("Any", "0 of 2 matched", False),
        ("Any[0].Modality", "CT", False),
        ("Any[1].Modality", "CT", True),
        ("Any[1].Slices", None, False),
        ("Not", "0 of 1 matched", True),
        ("Not.Modality", "CT", False),
    ]


def test_slices_that_differ_are_explained() -> None:
    explanation = decide(given_facts([CT, MR]), read_rules([rule("a", CT)])[0])
    assert explanation.to_json()["Rules"][0]["Conditions"][0]["Found"] == "differs between slices: CT | MR"


def test_the_redacted_explanation_holds_no_value_of_an_attribute() -> None:
    tags = {"PatientName": "Sample^Sam", "PatientID": ["S-1", "S-2"], "Slices": 40}
    when = {"PatientName": "Other*", "PatientID": "X", "Slices": {"Min": 20}, "StudyDate": {"Exists": True}}
    answer = decided(tags, rule("a", when)).to_json(redacted=True)
    assert "Sam" not in json.dumps(answer)
    assert "S-1" not in json.dumps(answer)
    found = {row["Fact"]: row["Found"] for row in answer["Rules"][0]["Conditions"]}
    assert found == {"PatientName": "(a value)", "PatientID": "(a value)", "Slices": 40, "StudyDate": "(missing)"}


def test_the_brief_explanation_says_of_other_rules_only_what_failed() -> None:
    failed = {"BodyPartExamined": "HEAD", **MR, "Slices": 5}
    answer = decided(CT, rule("a", failed), rule("b", CT)).to_json(brief=True)
    assert [row["Fact"] for row in answer["Rules"][0]["Conditions"]] == ["BodyPartExamined"]
    assert [row["Fact"] for row in answer["Rules"][1]["Conditions"]] == ["Modality"]
