"""Pick and Each as a site writes them: understood in Then and beside it, and every mistake is named with its path."""

from __future__ import annotations

from typing import Any

import pytest

from plugin.facts.series import known_keywords
from routing.decide import decide
from routing.facts import SeriesFacts
from routing.lua import read_marks
from routing.pick import Pick, pick_of, read_pick
from routing.problems import Problem
from routing.rules import read_rules
from routing.script import Script, answer_of

KEYWORDS = known_keywords()
MR: dict[str, Any] = {"Name": "mr", "When": {"Modality": "MR"}, "Then": {"Model": "hu-ct"}}


def problem_of(pick: Any) -> Problem:
    rule = MR | {"Then": {"Model": "hu-ct", "Pick": pick}}
    rules, (problem, *others) = read_rules([rule], KEYWORDS)
    assert (rules, others) == ((), [])
    return problem


def decided(rule: dict[str, Any]) -> dict[str, Any]:
    rules, problems = read_rules([rule], KEYWORDS)
    assert problems == []
    (decision,) = decide(SeriesFacts.from_tags({"Modality": "MR"}), rules).to_json()["Decisions"]
    return dict(decision)


@pytest.mark.parametrize(
    "pick",
    [
        {"EchoTime": "shortest"},
        {"TriggerTime": "first"},
        {"TriggerTime": "longest"},
        {"DiffusionBValue": 0},
        {"DiffusionBValue": "1000"},
        {"ImageType": "W"},
        {"ImageType": "W", "EchoNumbers": "last"},
        {"NominalPercentageOfRespiratoryPhase": "missing"},
        {"0018,0081": 2.46},
        {"2001,xx03:Philips Imaging DD 001": "smallest"},
        "largest",
    ],
    ids=str,
)
def test_a_pick_is_taken_in_then_and_beside_it(pick: Any) -> None:
    inside = decided(MR | {"Then": {"Model": "hu-ct", "Pick": pick}})
    assert inside["Pick"] == pick
    assert decided(MR | {"Pick": pick}) == inside


def test_each_is_taken_in_then_and_beside_it() -> None:
    assert decided(MR | {"Then": {"Model": "hu-ct", "Each": True}})["Each"] is True
    assert decided(MR | {"Each": True})["Each"] is True
    assert decided(MR)["Each"] is False


def test_in_both_places_at_once_is_a_mistake() -> None:
    rule = MR | {"Then": {"Model": "hu-ct", "Pick": "largest"}, "Pick": {"ImageType": "W"}}
    (problem,) = read_rules([rule], KEYWORDS)[1]
    assert str(problem) == "Rules[0].Pick: found Pick beside Then and in it; allowed: one of the two, in Then as a rule"


@pytest.mark.parametrize(
    ("pick", "path", "said", "nearest"),
    [
        ({"EchoTime": "shortes"}, "EchoTime", "a number, shortest, longest, missing", "shortest"),
        ({"EchoTime": "smallest"}, "EchoTime", "a number, shortest, longest, missing", None),
        ({"DiffusionBValue": "first"}, "DiffusionBValue", "a number, smallest, largest, missing", None),
        ({"EchoTme": "shortest"}, "EchoTme", "a DICOM keyword or a tag", "EchoTime"),
        ({"echo time": 5}, "echo time", "a DICOM keyword or tag", "EchoTime"),
        ({"ImageType": 5}, "ImageType", 'a word of ImageType, such as "W"', None),
        ({"ImageType": "shortest"}, "ImageType", 'a word of ImageType, such as "W"', None),
        ({"EchoTime": True}, "EchoTime", "a number", None),
        ({"EchoTime": [1, 2]}, "EchoTime", "a number", None),
        ({"EchoTime": ""}, "EchoTime", "a number", None),
        ({"Slices": 5}, "Slices", "an attribute of the slices", None),
        ({"A.B": 5}, "A.B", "no path", None),
        ("biggest", "", 'or "largest"', None),
        ("larges", "", 'or "largest"', "largest"),
        ({}, "", 'or "largest"', None),
        ([1], "", 'or "largest"', None),
        (True, "", 'or "largest"', None),
    ],
    ids=str,
)
def test_a_mistake_is_named_with_its_path_and_what_is_allowed(
    pick: Any, path: str, said: str, nearest: str | None
) -> None:
    problem = problem_of(pick)
    assert problem.path == "Rules[0].Then.Pick" + (f".{path}" if path else "")
    assert said in problem.allowed
    assert problem.nearest == nearest


def test_exclude_stands_alone() -> None:
    (problem,) = read_rules([MR | {"Then": {"Exclude": "no"}, "Pick": "largest"}], KEYWORDS)[1]
    assert "Exclude together with Pick" in problem.found


def test_a_number_written_as_text_is_the_number() -> None:
    pick, problems = read_pick({"EchoTime": " 4.60 "}, KEYWORDS, "Pick")
    assert problems == []
    assert pick is not None
    assert [one.number for one in pick.criteria] == [4.6]


def test_largest_has_no_criteria_and_nothing_is_no_pick() -> None:
    assert pick_of("largest") == Pick()
    assert pick_of(None) is None


def test_the_sites_script_picks_and_its_mistakes_are_errors() -> None:
    source = (
        "from autocontour import Decision\ndef route(series):\n    return Decision(model='m', pick={pick}, each=True)"
    )
    facts = SeriesFacts.from_tags({"Modality": "MR"})
    good = answer_of(Script("route.py", source.format(pick="{'EchoTime': 'shortest'}")), facts)
    assert [(one.pick, one.each) for one in good.decisions] == [({"EchoTime": "shortest"}, True)]
    bad = answer_of(Script("route.py", source.format(pick="{'EchoTime': 'soonest'}")), facts)
    assert "pick.EchoTime" in (bad.error or "")


def test_the_sites_lua_picks_and_its_mistakes_are_errors() -> None:
    good = read_marks({"7302": '{"Model": "hu-ct", "Pick": {"ImageType": "W"}, "Each": true}'}).request
    assert [(one.pick, one.each) for one in good.decisions] == [({"ImageType": "W"}, True)]
    assert read_marks({"7302": '{"Model": "hu-ct", "Pick": {"EchoTime": "soonest"}}'}).request.error
    assert read_marks({"7302": '{"Model": "hu-ct", "Each": 1}'}).request.error
