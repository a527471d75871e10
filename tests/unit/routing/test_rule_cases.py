"""Every case of the table: through the decision, and through what explain answers."""

from __future__ import annotations

import json

import pytest

from plugin.facts.given import given_facts
from plugin.facts.series import known_keywords
from routing.decide import CONTOUR, NONE, decide
from routing.rules import Rule, read_rules
from tests.unit.routing.cases import CASES, Case

KEYWORDS = known_keywords()


def rules_of(case: Case) -> tuple[Rule, ...]:
    rules, problems = read_rules(
        [{"Name": case.name, "When": case.when, "Then": {"Model": "hu-ct"}}], KEYWORDS, "AutoContour.Rules"
    )
    assert problems == []
    return rules


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_rule_decides_as_the_table_says(case: Case) -> None:
    explanation = decide(given_facts(case.tags), rules_of(case))
    assert explanation.outcome == (CONTOUR if case.matched else NONE)
    assert [decision.rule for decision in explanation.decisions] == ([case.name] if case.matched else [])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_explain_shows_each_condition_and_what_was_found(case: Case) -> None:
    answer = json.loads(json.dumps(decide(given_facts(case.tags), rules_of(case)).to_json()))
    assert set(answer) == {"Outcome", "Decisions", "Reason", "Rules"}
    (rule,) = answer["Rules"]
    assert rule["Name"] == case.name
    assert rule["Matched"] is case.matched
    assert all(set(row) == {"Fact", "Expected", "Found", "Matched"} for row in rule["Conditions"])
    outermost = [row for row in rule["Conditions"] if row["Fact"] in case.when]
    assert [row["Fact"] for row in outermost] == list(case.when)
    assert all(row["Matched"] for row in outermost) is case.matched


def test_the_table_has_at_least_eighty_cases_with_names_of_their_own() -> None:
    assert len(CASES) >= 80
    assert len({case.name for case in CASES}) == len(CASES)
