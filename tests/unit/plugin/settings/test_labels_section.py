"""The section Labels: none unless asked for, names that Orthanc takes, each once."""

from __future__ import annotations

from typing import Any

import pytest

from plugin.advisories.flaws import Installed
from plugin.commands.labels import label_remarks
from plugin.settings.settings import examine


def names(section: Any) -> tuple[str, ...] | None:
    settings, problems = examine({"Labels": section})
    assert settings is not None, problems
    return None if settings.labels is None else settings.labels.all


def test_nobody_gets_labels_without_asking_for_them() -> None:
    settings, _ = examine({})
    assert settings is not None
    assert settings.labels is None
    assert names(None) is None


def test_an_empty_section_has_the_usual_names_and_each_can_be_changed_or_left_out() -> None:
    assert names({}) == ("contoured", "look", "rejected", "waiting")
    assert names({"Look": "AC-look_1", "Waiting": None}) == ("contoured", "AC-look_1", "rejected")


@pytest.mark.parametrize(
    ("section", "path", "said"),
    [
        ({"Look": "with space"}, "AutoContour.Labels.Look", "with space"),
        ({"Look": ""}, "AutoContour.Labels.Look", "found"),
        ({"Lok": "look"}, "AutoContour.Labels.Lok", "Look"),
        ({"Look": "same", "Waiting": "same"}, "AutoContour.Labels", "one name twice"),
        (True, "AutoContour.Labels", "an object"),
    ],
)
def test_what_orthanc_would_not_take_is_refused_with_its_path(section: Any, path: str, said: str) -> None:
    settings, problems = examine({"Labels": section})
    assert settings is None
    assert path in [problem.path for problem in problems], problems
    assert any(said in str(problem) for problem in problems), problems


@pytest.mark.parametrize(
    ("section", "version", "remarks"),
    [
        ({"Labels": {}}, "1.10.1+dfsg-2+deb12u1", 1),
        ({"Labels": {}}, "1.12.7+dfsg-3", 0),
        ({"Labels": {}}, "mainline", 0),
        ({}, "1.10.1+dfsg-2+deb12u1", 0),
    ],
)
def test_check_says_that_this_machine_s_orthanc_has_no_labels(section: Any, version: str, remarks: int) -> None:
    settings, _ = examine(section)
    assert settings is not None
    assert len(list(label_remarks(settings, (Installed("orthanc", version), Installed("dcmtk", "3.6.7"))))) == remarks
