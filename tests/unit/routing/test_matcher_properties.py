"""What holds of the matcher for any tags and any rules."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plugin.facts.given import given_facts
from routing.conditions import explained, matches
from routing.decide import CONTOUR, ERROR, EXCLUDED, NONE, decide
from routing.facts import fold
from routing.rules import Rule, read_rules

NAMES = [
    "Modality",
    "SliceThickness",
    "ImageType",
    "0029,xx10:ACME",
    "RequestAttributesSequence.ScheduledProcedureStepID",
]
TEXT = st.text(max_size=12)
VALUE = st.one_of(TEXT, st.integers(-99, 99), st.floats(allow_nan=True), st.none(), st.lists(TEXT, max_size=3))
TAGS = st.dictionaries(st.sampled_from([*NAMES, "Slices", "Uniform", "Time"]), VALUE, max_size=6)
SERIES = st.one_of(TAGS, st.lists(TAGS, min_size=1, max_size=4))
SCALAR = st.one_of(TEXT.filter(lambda text: fold(text) != ""), st.integers(-99, 99), st.floats(-9, 9))
RANGE = st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map(lambda ends: {"Min": min(ends), "Max": max(ends)})
EXPECTED = st.one_of(
    SCALAR,
    st.lists(SCALAR, min_size=1, max_size=3),
    RANGE,
    st.booleans().map(lambda exists: {"Exists": exists}),
    st.sampled_from(["a", "^C", "[0-9]+", "."]).map(lambda pattern: {"Pattern": pattern}),
)
LEAVES = st.dictionaries(st.sampled_from(NAMES), EXPECTED, min_size=1, max_size=3)
WHEN = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"Any": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"All": parts}),
        inner.map(lambda part: {"Not": part}),
    ),
    max_leaves=6,
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=12,
)


def compiled(when: dict[str, Any]) -> Rule:
    rules, problems = read_rules([{"Name": "r", "When": when, "Then": {"Model": "m"}}])
    assert problems == []
    return rules[0]


@given(SERIES, WHEN)
def test_a_rule_never_raises_and_its_explanation_is_json(series: Any, when: dict[str, Any]) -> None:
    explanation = decide(given_facts(series), (compiled(when),))
    assert explanation.outcome in (CONTOUR, NONE)
    assert json.loads(json.dumps(explanation.to_json()))["Outcome"] == explanation.outcome


@given(SERIES, WHEN)
def test_explaining_says_the_same_as_matching(series: Any, when: dict[str, Any]) -> None:
    facts, condition = given_facts(series), compiled(when).when
    assert explained(condition, facts)[0] is matches(condition, facts)


@given(SERIES, WHEN)
def test_not_turns_the_answer_round(series: Any, when: dict[str, Any]) -> None:
    facts = given_facts(series)
    assert matches(compiled({"Not": when}).when, facts) is not matches(compiled(when).when, facts)


@given(SERIES, WHEN, WHEN)
def test_any_and_all_are_or_and_and(series: Any, one: dict[str, Any], other: dict[str, Any]) -> None:
    facts = given_facts(series)
    first, second = (matches(compiled(when).when, facts) for when in (one, other))
    assert matches(compiled({"Any": [one, other]}).when, facts) is (first or second)
    assert matches(compiled({"All": [one, other]}).when, facts) is (first and second)


SLICES = st.lists(TAGS, min_size=1, max_size=4)


@given(SLICES.flatmap(lambda slices: st.tuples(st.just(slices), st.permutations(slices))), LEAVES)
def test_the_order_of_slices_does_not_count(orders: tuple[list[Any], list[Any]], when: dict[str, Any]) -> None:
    slices, shuffled = orders
    condition = compiled(when).when
    assert matches(condition, given_facts(slices)) is matches(condition, given_facts(shuffled))


@given(TAGS, LEAVES, st.integers(2, 5))
def test_equal_slices_match_as_one_does(tags: Any, when: dict[str, Any], count: int) -> None:
    condition = compiled(when).when
    assert matches(condition, given_facts(tags)) is matches(condition, given_facts([tags] * count))


@given(TEXT.filter(lambda text: fold(text) != "" and "\\" not in text))
def test_a_text_matches_itself_in_any_case_and_padding(text: str) -> None:
    plain = text.replace("*", "x").replace("?", "x")
    facts = given_facts({"Modality": f" {plain.upper().lower()} "})
    assert matches(compiled({"Modality": plain.upper().lower()}).when, facts)


@given(st.sampled_from(NAMES), EXPECTED.filter(lambda expected: expected != {"Exists": False}))
def test_a_missing_tag_matches_nothing_but_its_absence(name: str, expected: Any) -> None:
    assert not matches(compiled({name: expected}).when, given_facts({"PatientID": "1"}))
    assert matches(compiled({name: {"Exists": False}}).when, given_facts({"PatientID": "1"}))


@given(ANYTHING)
def test_any_json_as_rules_is_read_or_refused_never_raised(data: Any) -> None:
    rules, problems = read_rules(data)
    if problems:
        assert [problem.path[:5] for problem in problems] == ["Rules"] * len(problems)
        assert "" not in [str(problem) for problem in problems]
    else:
        assert len(rules) == len(data or [])


@given(st.dictionaries(st.one_of(TEXT, st.sampled_from(NAMES)), ANYTHING, max_size=4))
def test_any_json_as_when_is_read_or_refused_never_raised(when: dict[str, Any]) -> None:
    rules, problems = read_rules([{"Name": "r", "When": when, "Then": {"Model": "m"}}])
    assert bool(rules) is not bool(problems)


@given(st.dictionaries(TEXT, ANYTHING, max_size=5), WHEN)
def test_any_json_as_tags_decides_without_raising(tags: dict[str, Any], when: dict[str, Any]) -> None:
    assert decide(given_facts([tags, {}]), (compiled(when),)).outcome in (CONTOUR, NONE, EXCLUDED, ERROR)
