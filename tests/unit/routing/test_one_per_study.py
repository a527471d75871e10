"""OnePerStudy as a site writes it: true, or options, of which every mistake is named by its path."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from plugin.facts.series import known_keywords
from routing.candidates import CRITERIA, TIE
from routing.one_per_study import APART_NAMES, PLACE, OnePerStudy, OnePerStudyDocument
from routing.problems import Problem
from routing.rules import Rule, read_rules

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "routing.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## One series per study\n")[1].split("\n## ")[0]
RULE = {"Name": "a", "When": {}, "Then": {"Model": "hu-ct"}}


def read(value: Any) -> tuple[tuple[Rule, ...], list[Problem]]:
    return read_rules([RULE | {"Then": {"Model": "hu-ct", "OnePerStudy": value}}])


def options(value: Any) -> OnePerStudy | None:
    (rule,), problems = read(value)
    assert problems == []
    return rule.one_per_study


def test_true_stands_for_the_defaults_and_false_for_nothing() -> None:
    assert options(True) == options({}) == OnePerStudy()
    assert options(False) is None
    assert read_rules([RULE])[0][0].one_per_study is None


def test_it_is_understood_beside_then_and_in_both_places_a_mistake() -> None:
    (rule,), problems = read_rules([RULE | {"OnePerStudy": True}])
    assert (rule.one_per_study, problems) == (OnePerStudy(), [])
    both = RULE | {"OnePerStudy": True, "Then": {"Model": "hu-ct", "OnePerStudy": True}}
    assert [problem.path for problem in read_rules([both])[1]] == ["Rules[0].OnePerStudy"]


def test_every_option_is_read() -> None:
    said = {"Thickness": 3, "Orientation": "any", "Kernel": "sharp", "Contrast": False, "Per": [], "QuietSeconds": 5}
    assert options(said) == OnePerStudy(
        thickness=3.0, orientation=None, kernel="sharp", contrast=False, apart=(), quiet_seconds=5.0
    )
    assert options({"Thickness": "thinnest", "AtLeast": 1}) == OnePerStudy(at_least=1.0)


def test_what_is_shown_is_read_again_as_the_same() -> None:
    for one in (OnePerStudy(), OnePerStudy(thickness=3.0, orientation=None, contrast=True, apart=())):
        assert options(one.to_json()) == one


@pytest.mark.parametrize(
    ("value", "path", "said"),
    [
        ("yes", "", "true, false"),
        (1, "", "true, false"),
        ({"Thickness": "thin"}, ".Thickness", "thinnest"),
        ({"Thickness": 0}, ".Thickness", "thinnest"),
        ({"Thickness": True}, ".Thickness", "thinnest"),
        ({"Thickness": 3, "AtLeast": 1}, ".AtLeast", "thinnest"),
        ({"AtLeast": -1}, ".AtLeast", "greater than 0"),
        ({"Orientation": "AXAIL"}, ".Orientation", "did you mean 'AXIAL'"),
        ({"Kernel": "softt"}, ".Kernel", "did you mean 'soft'"),
        ({"Kernels": "soft"}, ".Kernels", "did you mean 'Kernel'"),
        ({"Contrast": "yes"}, ".Contrast", "true or false"),
        ({"Per": ["Place", "StudyID"]}, ".Per[1]", "BodyPartExamined"),
        ({"Per": "Place"}, ".Per", "a list"),
        ({"QuietSeconds": 0}, ".QuietSeconds", "greater than or equal to 1"),
    ],
)
def test_a_mistake_is_named_by_its_path(value: Any, path: str, said: str) -> None:
    rules, problems = read(value)
    assert rules == ()
    assert [problem.path for problem in problems] == [f"Rules[0].Then.OnePerStudy{path}"]
    assert said in str(problems[0])


def test_it_goes_with_a_result_and_not_with_an_exclusion() -> None:
    (problem,) = read_rules([RULE | {"Then": {"Exclude": "why", "OnePerStudy": True}}])[1]
    assert "OnePerStudy" in problem.found


def test_the_examples_of_the_page_are_rules() -> None:
    examples = re.findall(r"^```json\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
    read = [read_rules(json.loads(one), known_keywords()) for one in examples]
    assert [problems for _, problems in read] == [[], []]
    first, second = (rules[0].one_per_study for rules, _ in read)
    assert first == OnePerStudy()
    assert second == OnePerStudy(thickness=3.0, contrast=False, quiet_seconds=120.0)


def test_the_page_lists_every_option_criterion_and_name_of_per() -> None:
    for name in (*OnePerStudyDocument.model_fields, *(one.name for one in CRITERIA), TIE):
        assert f"| `{name}` |" in SECTION, name
    for name in APART_NAMES:
        assert name in SECTION, name
    assert PLACE in APART_NAMES
