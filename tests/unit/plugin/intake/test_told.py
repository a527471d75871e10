"""The log says what was decided on a series by rules and conditions, and repeats nothing that stands in it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from plugin.facts.given import given_facts
from plugin.intake.told import log_decided, log_undecided
from routing.decide import ERROR, Explanation, decide
from routing.rules import read_rules

SERIES = "-".join(["0123abcd"] * 5)
DOE = {"Modality": "CT", "SeriesDescription": "Doe^John thorax"}


def said(caplog: pytest.LogCaptureFixture, explanation: Explanation) -> tuple[str, dict[str, Any]]:
    with caplog.at_level(logging.INFO):
        log_decided(SERIES, explanation)
    (record,) = caplog.records
    return record.getMessage(), record.__dict__["fields"]


def explained(*rules: dict[str, Any]) -> Explanation:
    return decide(given_facts(DOE), read_rules(list(rules))[0])


def test_a_match_is_said_with_rule_model_and_target(caplog: pytest.LogCaptureFixture) -> None:
    rule = {"Name": "every CT", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct"}}
    line, fields = said(caplog, explained(rule))
    assert line == f"series {SERIES}: contour: rule 'every CT', model hu-ct, target local"
    assert fields == {
        "Series": SERIES,
        "Outcome": "contour",
        "Rule": "every CT",
        "Model": "hu-ct",
        "Target": "local",
    }


def test_what_did_not_match_is_said_by_its_condition_and_not_by_the_value(caplog: pytest.LogCaptureFixture) -> None:
    rule = {"Name": "heads", "When": {"Modality": "CT", "SeriesDescription": "head*"}, "Then": {"Model": "hu-ct"}}
    line, fields = said(caplog, explained(rule))
    assert line == f"series {SERIES}: none: no rule matches it: 'heads' (SeriesDescription)"
    assert fields["Outcome"] == "none"


def test_where_there_are_no_rules_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    assert said(caplog, explained())[0].endswith("none: there are no rules")


def test_an_exclusion_names_its_rule_and_not_its_text(caplog: pytest.LogCaptureFixture) -> None:
    rule = {"Name": "not these", "When": {"Modality": "CT"}, "Then": {"Exclude": "as Doe^John wishes"}}
    assert said(caplog, explained(rule))[0] == f"series {SERIES}: excluded by rule 'not these'"


def test_an_error_repeats_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    line, _ = said(caplog, Explanation(ERROR, "The script failed on Doe^John."))
    assert line == f"series {SERIES}: error"


def test_a_series_without_rules_says_why(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        log_undecided(SERIES, "ignored")
    assert caplog.messages == [f"series {SERIES}: ignored: it is neither CT nor MR"]
