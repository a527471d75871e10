"""What the cases spanned is the range; what lies outside is said, what is not known lies outside of nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plugin.quality.commissioning.span import CaseFacts, outside, range_of
from routing.rules import read_rules

THIN = CaseFacts(1.0, 1.0, 300.0, "B30f", False, "MAKER One")
THICK = CaseFacts(5.0, 5.0, 420.0, "B40f", True, "MAKER Two")
RANGE = range_of([THIN, THICK])


@pytest.mark.parametrize(
    "case",
    [
        THIN,
        THICK,
        replace(THIN, thickness=3.0, spacing=2.5, kernel="b40F", contrast=True),
        replace(THIN, thickness=5.04),
        CaseFacts(None, None, None, None, False, None),
    ],
)
def test_what_lies_between_the_cases_is_inside(case: CaseFacts) -> None:
    assert outside(RANGE, case) == []


@pytest.mark.parametrize(
    ("case", "word"),
    [
        (replace(THIN, thickness=0.6), "slice thickness (0.6 mm; commissioned 1 to 5)"),
        (replace(THIN, spacing=7.0), "spacing of the slices"),
        (replace(THIN, extent=900.0), "extent"),
        (replace(THIN, kernel="B70f"), "convolution kernel"),
        (replace(THIN, scanner="OTHER One"), "class of scanner"),
    ],
)
def test_what_lies_outside_is_said(case: CaseFacts, word: str) -> None:
    (said,) = outside(RANGE, case)
    assert word in said


def test_contrast_that_no_case_had_and_what_no_case_told_lie_outside() -> None:
    (said,) = outside(range_of([THIN]), replace(THIN, contrast=True))
    assert said.startswith("it is with contrast medium")
    silent = range_of([replace(THIN, thickness=None, kernel=None)])
    assert len(outside(silent, THIN)) == 2


def test_a_rule_says_what_it_demands() -> None:
    def assurance(**then: object) -> dict[str, object]:
        data = [{"Name": "a", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct"} | then}]
        (rule,), problems = read_rules(data)
        assert problems == []
        return rule.assurance.to_json()

    nothing = {"RequireCommissioned": False, "OutOfRange": None, "SecondModel": None}
    assert assurance() == nothing
    assert assurance(RequireCommissioned=True) == nothing | {"RequireCommissioned": True, "OutOfRange": "flag"}
    assert assurance(RequireCommissioned=True, OutOfRange="refuse")["OutOfRange"] == "refuse"
    usual = {"Model": "b", "Dice": 0.8, "Hausdorff95Mm": 10.0}
    assert assurance(SecondModel="b")["SecondModel"] == usual
    assert assurance(SecondModel={"Model": "b", "Dice": 0.9})["SecondModel"] == usual | {"Dice": 0.9}


@pytest.mark.parametrize(
    "then", [{"OutOfRange": "ignore"}, {"RequireCommissioned": 1}, {"SecondModel": {"Dice": 0.9}}, {"SecondModel": 3}]
)
def test_what_a_rule_cannot_demand_is_a_problem(then: dict[str, object]) -> None:
    data = [{"Name": "a", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct"} | then}]
    rules, problems = read_rules(data)
    assert rules == ()
    assert problems
