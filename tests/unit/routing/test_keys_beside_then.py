"""A key of Then that stands on the rule itself is understood as if it stood in Then; in both places it is a mistake."""

from __future__ import annotations

from typing import Any

from routing.beside_then import moved_into_then

RULE = {"Name": "a", "When": {}, "Then": {"Model": "hu-ct"}}


def test_a_key_beside_then_is_moved_into_it() -> None:
    moved, problems = moved_into_then(RULE | {"Each": True}, "Rules[0]")
    assert problems == []
    assert moved == RULE | {"Then": {"Each": True, "Model": "hu-ct"}}


def test_a_key_in_both_places_is_a_mistake_that_names_both() -> None:
    (problem,) = moved_into_then(RULE | {"Each": True, "Then": {"Each": True}}, "Rules[2]")[1]
    assert problem.path == "Rules[2].Each"
    assert "in Then as a rule" in str(problem)


def test_other_keys_stay_where_they_are() -> None:
    assert moved_into_then(RULE | {"Model": "x"}, "Rules[0]") == (RULE | {"Model": "x"}, [])
    assert moved_into_then(RULE, "Rules[0]") == (RULE, [])


def test_what_is_no_rule_is_left_to_those_who_say_so() -> None:
    wrong: Any
    for wrong in (None, 5, [], "text", {}, {"Then": 5, "Each": True}):
        assert moved_into_then(wrong, "Rules[0]") == (wrong, [])
