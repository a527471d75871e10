"""Every mistake in Rules is reported with its path, what was found, what is allowed and the nearest right word."""

from __future__ import annotations

from typing import Any

import pytest

from plugin.facts.series import known_keywords
from routing.problems import Problem
from routing.rules import check_references, read_rules

KEYWORDS = known_keywords()
GOOD = {"Name": "a", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct"}}


def problems_in(rules: Any) -> list[Problem]:
    return read_rules(rules, KEYWORDS, "AutoContour.Rules")[1]


def problem_in(rule: dict[str, Any]) -> Problem:
    (problem,) = problems_in([rule])
    return problem


def when(**conditions: Any) -> dict[str, Any]:
    return GOOD | {"When": conditions}


def then(**result: Any) -> dict[str, Any]:
    return GOOD | {"Then": result}


@pytest.mark.parametrize(
    ("rule", "path", "nearest"),
    [
        (GOOD | {"When": {"Modalty": "CT"}}, "When.Modalty", "Modality"),
        (GOOD | {"When": {"modality": "CT"}}, "When.modality", "Modality"),
        (GOOD | {"When": {"slices": 5}}, "When.slices", "Slices"),
        (GOOD | {"When": {"any": [{"Modality": "CT"}]}}, "When.any", "Any"),
        (GOOD | {"When": {"SliceThickness": {"Minimum": 1}}}, "When.SliceThickness.Minimum", "Min"),
        (GOOD | {"When": {"Orientation": "AXAIL"}}, "When.Orientation", "AXIAL"),
        (GOOD | {"When": {"Orientation": ["AXIAL", "CORONARY"]}}, "When.Orientation[1]", "CORONAL"),
        (GOOD | {"When": {"Weekday": "Sonday"}}, "When.Weekday", "Sunday"),
        (GOOD | {"Then": {"Model": "hu-ct", "Prio": "night"}}, "Then.Prio", "Priority"),
        (GOOD | {"Then": {"Model": "hu-ct", "Priorty": "night"}}, "Then.Priorty", "Priority"),
        (GOOD | {"Then": {"Model": "hu-ct", "Priority": "nigth"}}, "Then.Priority", "night"),
        (GOOD | {"Then": {"Model": "hu-ct", "Outputs": ["RTSTRUC"]}}, "Then.Outputs[0]", "RTSTRUCT"),
        (GOOD | {"Wen": {}}, "Wen", "When"),
        (GOOD | {"Zzz": {}}, "Zzz", None),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest_right_one(
    rule: dict[str, Any], path: str, nearest: str | None
) -> None:
    problem = problem_in(rule)
    assert problem.path == f"AutoContour.Rules[0].{path}"
    assert problem.nearest == nearest
    assert (nearest is None) or f"did you mean {nearest!r}" in str(problem)


@pytest.mark.parametrize(
    ("rule", "path", "said"),
    [
        (when(Slices="many"), "When.Slices", "a number"),
        (when(Slices={"Min": "many"}), "When.Slices.Min", "a number"),
        (when(Slices={"Pattern": "1"}), "When.Slices.Pattern", "a number"),
        (when(Slices=True), "When.Slices", "a number"),
        (when(SliceThickness={"Min": 5, "Max": 1}), "When.SliceThickness", "Min above Max"),
        (when(SliceThickness={"Min": True}), "When.SliceThickness.Min", "a number"),
        (when(SliceThickness={"Min": None}), "When.SliceThickness.Min", "null"),
        (when(SliceThickness={}), "When.SliceThickness", "an empty object"),
        (when(Uniform="yes"), "When.Uniform", "true or false"),
        (when(Uniform={"Min": 1}), "When.Uniform", "true or false"),
        (when(Orientation={"Min": 1}), "When.Orientation", "a range"),
        (when(CallingAet=5), "When.CallingAet", "text"),
        (when(Time="8 o'clock"), "When.Time", "HH:MM"),
        (when(Time={"Min": "8:00"}), "When.Time.Min", "HH:MM"),
        (when(Time=800), "When.Time", "HH:MM"),
        (when(Modality=None), "When.Modality", "null"),
        (when(Modality=""), "When.Modality", "empty text"),
        (when(Modality="  "), "When.Modality", "empty text"),
        (when(Modality=True), "When.Modality", "true or false"),
        (when(Modality=[]), "When.Modality", "an empty list"),
        (when(Modality=[["CT"]]), "When.Modality[0]", "a list of 1"),
        (when(Modality={"Exists": "no"}), "When.Modality.Exists", "true or false"),
        (when(Modality={"Exists": False, "Pattern": "x"}), "When.Modality", "Exists false alone"),
        (when(SeriesDescription={"Pattern": "("}), "When.SeriesDescription.Pattern", "valid regular expression"),
        (when(SeriesDescription={"Pattern": 5}), "When.SeriesDescription.Pattern", "regular expression as text"),
        (when(SeriesDescription={"Pattern": "(a+)+$"}), "When.SeriesDescription.Pattern", "for ever"),
        (when(SeriesDescription={"Pattern": "(a|a)*$"}), "When.SeriesDescription.Pattern", "for ever"),
        (when(SeriesDescription={"Pattern": "(x?x?)*$"}), "When.SeriesDescription.Pattern", "for ever"),
        (when(Any=[]), "When.Any", "a list of objects"),
        (when(Any={"Modality": "CT"}), "When.Any", "a list of objects"),
        (when(Any=["CT"]), "When.Any", "a list of objects"),
        (when(All=[{}]), "When.All", "a list of objects"),
        (when(Not=[{"Modality": "CT"}]), "When.Not", "an object"),
        (when(Not={}), "When.Not", "an object"),
        (when(Any=[{"Modality": "CT"}, {"Not": {"Slices": "x"}}]), "When.Any[1].Not.Slices", "a number"),
        (when(**{"0008,006": "CT"}), "When.0008,006", "unknown name"),
        (when(**{"0029,1010": "x"}), "When.0029,1010", "needs its creator"),
        (when(**{"0008,xx10:ACME": "x"}), "When.0008,xx10:ACME", "odd"),
        (GOOD | {"Name": ""}, "Name", "not empty"),
        (GOOD | {"Name": 5}, "Name", "text"),
        (GOOD | {"When": []}, "When", "an object"),
        ({"Name": "a", "Then": {"Model": "hu-ct"}}, "When", "required"),
        ({"Name": "a", "When": {}}, "Then", "required"),
        (then(), "Then.Model", "the name of a model"),
        (then(Model=5), "Then.Model", "text"),
        (then(Model="hu-ct", Continue="yes"), "Then.Continue", "true or false"),
        (then(Model="hu-ct", Outputs=[]), "Then.Outputs", "not empty"),
        (then(Model="hu-ct", Hours="evening"), "Then.Hours", "Mon-Fri 18:00-06:00"),
        (then(Model="hu-ct", Exclude="no"), "Then", "Exclude alone"),
        (then(Exclude="no", Continue=True), "Then", "Exclude alone"),
        (then(Exclude=""), "Then.Exclude", "not empty"),
    ],
    ids=str,
)
def test_what_is_wrong_is_refused_with_its_path_and_what_is_allowed(rule: dict[str, Any], path: str, said: str) -> None:
    problem = problem_in(rule)
    assert problem.path == f"AutoContour.Rules[0].{path}"
    assert said in str(problem)


def test_every_mistake_is_reported_not_only_the_first() -> None:
    wrong = {"Name": "x", "When": {"Modalty": "CT", "Slices": "x"}, "Then": {"Modl": "m", "Priority": "now"}}
    assert len(problems_in([wrong, 7, GOOD])) >= 5


def test_two_rules_of_one_name_are_refused() -> None:
    (problem,) = problems_in([GOOD, GOOD])
    assert problem.path == "AutoContour.Rules[1].Name"
    assert "AutoContour.Rules[0]" in str(problem)


@pytest.mark.parametrize("wrong", [{}, "rules", 5, True])
def test_rules_that_are_no_list_are_refused(wrong: Any) -> None:
    (problem,) = problems_in(wrong)
    assert problem.path == "AutoContour.Rules"


def test_no_rules_at_all_are_no_mistake() -> None:
    assert read_rules(None, KEYWORDS) == ((), [])
    assert read_rules([], KEYWORDS) == ((), [])


def test_nesting_without_end_is_refused() -> None:
    nested: dict[str, Any] = {"Modality": "CT"}
    for _ in range(200):
        nested = {"Not": nested}
    assert "nested" in str(problem_in(GOOD | {"When": nested}))


def test_names_of_the_sites_own_dictionary_are_known() -> None:
    rule = when(VendorProtocol="x")
    assert problem_in(rule).path.endswith("VendorProtocol")
    assert read_rules([rule], known_keywords(["VendorProtocol"]))[1] == []


def test_a_target_model_or_template_that_does_not_exist_is_refused() -> None:
    rules = [then(Model="hu-tc", Target="clud", Structures="thorx"), GOOD, {"Then": {"Exclude": "no", "Model": "x"}}]
    found = check_references(rules, targets=["local", "cloud"], templates=["thorax"], models=["hu-ct"], path="R")
    assert {(problem.path, problem.nearest) for problem in found} == {
        ("R[0].Then.Target", "cloud"),
        ("R[0].Then.Structures", "thorax"),
        ("R[0].Then.Model", "hu-ct"),
    }


@pytest.mark.parametrize("pattern", ["(?i)thorax|chest", r"^\d{2}\s*mm", "a.*b.*c", r"(T1|T2)_\w+", r"(\d{2})*"])
def test_ordinary_patterns_are_allowed(pattern: str) -> None:
    assert problems_in([when(SeriesDescription={"Pattern": pattern})]) == []
