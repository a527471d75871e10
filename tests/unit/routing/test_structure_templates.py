"""Structure templates choose and rename ROIs, and say what a model does not draw."""

from __future__ import annotations

from typing import Any

import pytest

from routing.structures import Template, check_template, read_templates

DRAWN = ("External", "Lung_L", "Lung_R", "SpinalCanal")


def template(written: Any) -> Template:
    templates, problems = read_templates({"thorax": written})
    assert problems == []
    return templates["thorax"]


def test_a_list_chooses_by_name_and_wildcard_in_the_models_order() -> None:
    assert template(["SpinalCanal", "Lung_*"]).choose(DRAWN) == {
        "Lung_L": "Lung_L",
        "Lung_R": "Lung_R",
        "SpinalCanal": "SpinalCanal",
    }


def test_an_object_renames() -> None:
    chosen = template({"Rois": ["Lung_*"], "Rename": {"Lung_L": "Lunge links"}}).choose(DRAWN)
    assert chosen == {"Lung_L": "Lunge links", "Lung_R": "Lung_R"}


def test_renaming_alone_keeps_every_structure() -> None:
    assert template({"Rename": {"External": "BODY"}}).choose(DRAWN)["External"] == "BODY"


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ({"Roi": ["Heart"]}, "S.thorax.Roi", "did you mean 'Rois'"),
        ([], "S.thorax.Rois", "not empty"),
        ("Heart", "S.thorax", "an object"),
        ({"Rename": {"Heart": "a name far too long"}}, "S.thorax.Rename.Heart", "16 characters"),
        ({"Rename": {"Heart": ""}}, "S.thorax.Rename.Heart", "16 characters"),
        ({"Rename": {"Heart": "A\\B"}}, "S.thorax.Rename.Heart", "without backslash"),
        ({"Rename": {"Heart": "A", "Lung": "A"}}, "S.thorax.Rename", "twice"),
    ],
)
def test_a_wrong_template_is_refused(written: Any, path: str, said: str) -> None:
    _, (problem,) = read_templates({"thorax": written}, "S")
    assert problem.path == path
    assert said in str(problem)


def test_templates_that_are_no_object_are_refused() -> None:
    assert read_templates([], "S")[1][0].path == "S"
    assert read_templates(None) == ({}, [])


def test_a_structure_that_the_model_does_not_draw_is_refused_with_the_nearest() -> None:
    (problem,) = check_template(template(["Lung_*", "Spinal_Canal"]), "hu-ct", DRAWN, "S.thorax")
    assert problem.nearest == "SpinalCanal"


def test_two_structures_with_one_name_are_refused() -> None:
    (problem,) = check_template(template({"Rename": {"Lung_L": "Lung_R"}}), "hu-ct", DRAWN, "S.thorax")
    assert "Lung_R" in str(problem)
