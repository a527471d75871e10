"""The recipes of docs/routing.md, as they stand there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from model.registry import names
from plugin.facts.given import given_facts
from plugin.facts.series import known_keywords
from routing.answer import combine
from routing.decide import Explanation, decide
from routing.facts import FACTS
from routing.hours import parse_hours
from routing.rules import ThenDocument, check_references, read_rules
from routing.script import Script, answer_of, check_script
from routing.structures import read_templates

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "routing.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^### (\d+)\. .*?\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def block(number: int, language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", RECIPES[str(number)], re.MULTILINE | re.DOTALL)
    assert found, f"recipe {number} has no {language}"
    return found[1]


def decided(number: int, tags: Any) -> Explanation:
    rules, problems = read_rules(json.loads(block(number, "json")), known_keywords())
    assert problems == []
    return decide(given_facts(tags), rules)


CT = {"Modality": "CT", "Orientation": "AXIAL"}
PLANNING = {**CT, "Uniform": True, "SpacingMm": 2, "TiltDegrees": 0, "ExtentMm": 300, "ImageType": "ORIGINAL\\PRIMARY"}
REQUEST = "RequestAttributesSequence.RequestedProcedureDescription"

# Recipe, series, and the rules that decide ("!" before one that excludes); none is the empty list.
OUTCOMES: list[tuple[int, Any, list[str]]] = [
    (1, CT, ["every axial CT"]),
    (1, {**CT, "Orientation": "CORONAL"}, []),
    (1, {**CT, "Modality": "MR"}, []),
    (1, {**CT, "Anonymized": True}, []),
    (1, {**CT, "PatientIdentityRemoved": "YES", "DeidentificationMethod": "Orthanc 1.10.1 - PS 3.15-2021b"}, []),
    (1, {**CT, "PatientIdentityRemoved": "YES", "DeidentificationMethod": "CTP"}, ["every axial CT"]),
    (2, PLANNING, ["planning CT"]),
    (2, {**PLANNING, "SpacingMm": 5}, []),
    (2, {**PLANNING, "TiltDegrees": 12}, []),
    (2, {**PLANNING, "Uniform": False}, []),
    (2, {**PLANNING, "ExtentMm": 40}, []),
    (2, {**PLANNING, "ImageType": "DERIVED\\SECONDARY\\MPR"}, []),
    (3, {"Modality": "CT", "BodyPartExamined": "thorax"}, ["thorax"]),
    (3, {"Modality": "CT", "SeriesDescription": "CT Lunge 1.0"}, ["thorax"]),
    (3, {"Modality": "CT", "BodyPartExamined": "HEAD", "SeriesDescription": "Thorax"}, []),
    (4, {"Modality": "CT", "Contrast": True}, ["!with contrast"]),
    (4, {"Modality": "CT", "Contrast": False}, ["native"]),
    (5, {"Modality": "CT", "CallingAet": "ER_CT1"}, ["emergency"]),
    (5, {"Modality": "CT", "RequestedProcedurePriority": "STAT"}, ["emergency"]),
    (5, {"Modality": "CT", "CallingAet": "CT1"}, ["all other CT"]),
    (6, {"Modality": "CT", "Slices": 900}, ["whole body at night"]),
    (6, {"Modality": "CT", "Slices": 90}, ["by day"]),
    (
        7,
        {"Modality": "CT", "StudyDescription": "Lung trial"},
        ["structures for planning", "all structures for research"],
    ),
    (7, {"Modality": "CT"}, ["structures for planning"]),
    (8, {"Modality": "CT", "PatientAge": "045Y"}, ["adults"]),
    (8, {"Modality": "CT", "PatientAge": "017Y"}, ["!children"]),
    (8, {"Modality": "CT", "PatientAge": "009M"}, ["!children"]),
    (8, {"Modality": "CT"}, []),
    (9, {"Modality": "CT", REQUEST: "CT Planning pelvis"}, ["requested for radiotherapy"]),
    (
        9,
        {"Modality": "CT", "RequestAttributesSequence": [{"ScheduledProcedureStepDescription": "Thorax RT"}]},
        ["requested for radiotherapy"],
    ),
    (9, {"Modality": "CT", REQUEST: "CT Thorax"}, []),
    (10, {"Modality": "CT", "0025,xx07:GEMS_SERS_01": 120}, ["GE series of more than 40 images"]),
    (10, {"Modality": "CT", "0025,xx07:GEMS_SERS_01": 40}, []),
    (10, {"Modality": "CT"}, []),
    (11, {"Modality": "CT", "StudyModalities": ["CT", "PT"]}, ["CT of a PET/CT"]),
    (11, {"Modality": "CT", "PatientID": "QA-7", "StudyModalities": ["CT", "PT"]}, ["!phantoms and quality assurance"]),
    (11, {"Modality": "CT", "PatientName": "Water Phantom^"}, ["!phantoms and quality assurance"]),
    (11, {"Modality": "CT", "StudyModalities": ["CT"]}, []),
]


@pytest.mark.parametrize(("number", "tags", "rules"), OUTCOMES)
def test_the_recipe_decides_as_it_says(number: int, tags: Any, rules: list[str]) -> None:
    explanation = decided(number, tags)
    if explanation.outcome == "excluded":
        assert ["!" + next(rule.name for rule in explanation.rules if rule.matched)] == rules
    else:
        assert [decision.rule for decision in explanation.decisions] == rules


def test_every_recipe_is_tested() -> None:
    rules = {str(number) for number, _, _ in OUTCOMES}
    assert set(RECIPES) == rules | {"12"}
    assert len(RECIPES) >= 10


@pytest.mark.parametrize("number", range(1, 12))
def test_every_recipe_names_models_targets_and_templates_that_exist(number: int) -> None:
    rules = json.loads(block(number, "json"))
    templates = ["planning"] if number == 7 else []
    assert check_references(rules, targets=["local"], templates=templates, models=names()) == []


def test_urgency_and_hours_are_in_the_decision() -> None:
    assert decided(5, {"Modality": "CT", "CallingAet": "ER_CT1"}).decisions[0].priority == "urgent"
    night = decided(6, {"Modality": "CT", "Slices": 900}).decisions[0]
    assert night.priority == "night"
    assert parse_hours(night.hours or "").windows


def test_the_template_of_recipe_7_chooses_and_renames() -> None:
    templates, problems = read_templates(json.loads(block(7, "json structures")))
    assert problems == []
    drawn = ["External", "Lung_L", "Lung_R", "SpinalCanal", "Brain"]
    assert list(templates["planning"].choose(drawn).values()) == ["BODY", "Lung_L", "Lung_R", "SpinalCanal"]


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"Modality": "CT", "StationName": "ct_north", "SpacingMm": 3}, ("normal", None)),
        ({"Modality": "CT", "StationName": "CT_SOUTH", "RequestedProcedurePriority": "STAT"}, ("urgent", None)),
        ({"Modality": "CT", "StationName": "CT_NORTH", "SpacingMm": 10}, (None, "slices too far apart")),
        ({"Modality": "CT", "StationName": "ELSEWHERE"}, (None, None)),
        ({"Modality": "MR"}, (None, None)),
    ],
)
def test_the_python_of_recipe_12(tags: Any, said: tuple[str | None, str | None]) -> None:
    script = Script("routing.py", block(12, "python"))
    assert check_script(script) is None
    answer = answer_of(script, given_facts(tags))
    assert answer.error is None
    assert (answer.decisions[0].priority if answer.decisions else None, answer.exclude) == said
    assert combine([answer], given_facts(tags), ()).outcome in ("contour", "excluded", "none")


def test_the_page_lists_every_fact_and_every_key_of_then() -> None:
    for name in [*FACTS, *ThenDocument.model_fields]:
        assert f"`{name}`" in PAGE, name


def test_the_rule_that_explains_the_form_is_valid() -> None:
    found = re.search(r"^## A rule\n+```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    assert read_rules([json.loads(found[1])], known_keywords())[1] == []
