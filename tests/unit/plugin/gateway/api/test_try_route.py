"""A draft of the rules is read as at start, and tried without anything being started or kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from model.errors import ConfigurationRefused
from plugin.settings.settings import read_settings
from tests.builders.gateway_app import client_of, gateway_in

SERIES = "-".join(["0123abcd"] * 5)
ALL_CT = {"Name": "all CT", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct"}}


def client(folder: Path, **section: Any) -> TestClient:
    return client_of(gateway_in(folder / "state", {"Rules": [ALL_CT], **section}))


def tried(gateway: TestClient, rules: Any, **question: Any) -> Any:
    answer = gateway.post("/autocontour/routing/try", json={"Rules": rules, **question})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    "rules",
    [
        {"Name": "no list"},
        [{"Name": "a", "When": {"Modallity": "CT"}, "Then": {"Model": "hu-ct"}}],
        [{"Name": "a", "When": {"Time": {"Min": 8}}, "Then": {"Model": "hu-ct", "Target": "locl"}}],
        [{"Name": "a", "When": {}, "Then": {"Model": "hu-ct", "Hours": "25-26"}}, 5],
        [{"Name": "a", "When": {"SeriesDescription": {"Pattern": "(a+)*"}}, "Then": {"Exclude": "x"}}],
        [{"Name": "a", "When": {}, "Then": {"Model": "hu-ct", "OnePerStudy": {"Kernels": 1}}}],
    ],
)
def test_a_wrong_draft_is_told_in_the_sentences_of_the_start(tmp_path: Path, rules: Any) -> None:
    with pytest.raises(ConfigurationRefused) as at_start:
        read_settings({"Rules": rules}, base=tmp_path)
    said = tried(client(tmp_path), rules)
    assert said["Problems"] != []
    for problem in said["Problems"]:
        assert problem["Message"].startswith(problem["Path"])
        assert problem["Message"].split(": ", 1)[1] in str(at_start.value)
    assert (said["Series"], said["Tried"]) == ([], 0)


def test_a_problem_says_what_was_found_what_is_allowed_and_what_was_meant(tmp_path: Path) -> None:
    (problem,) = tried(client(tmp_path), [{**ALL_CT, "When": {"Modallity": "CT"}}])["Problems"]
    assert problem["Path"] == "AutoContour.Rules[0].When.Modallity"
    assert problem["Found"] == "the unknown name 'Modallity'"
    assert problem["Nearest"] == "Modality"
    assert "DICOM keyword" in problem["Allowed"]


def test_a_draft_that_drops_the_name_of_a_rule_that_people_are_told_of_is_wrong(tmp_path: Path) -> None:
    channel = {"Name": "box", "Type": "webhook", "Url": "https://localhost/told", "Rules": ["all CT"]}
    gateway = client(tmp_path, Notify=[channel])
    said = tried(gateway, [{**ALL_CT, "Name": "every CT"}])
    assert [problem["Path"] for problem in said["Problems"]] == ["AutoContour.Notify[0].Rules"]


def test_a_model_that_nobody_has_yet_is_no_mistake_but_is_said(tmp_path: Path) -> None:
    said = tried(client(tmp_path), [{**ALL_CT, "Then": {"Model": "hu-cd"}}])
    assert said["Problems"] == []
    (without,) = said["Without"]
    assert (without["Path"], without["Nearest"]) == ("AutoContour.Rules[0].Then.Model", "hu-ct")


def test_a_draft_begins_with_the_rules_as_the_site_wrote_them(tmp_path: Path) -> None:
    assert client(tmp_path).get("/autocontour/routing/rules").json() == {"Rules": [ALL_CT]}


def test_a_site_without_rules_has_none_to_begin_with(tmp_path: Path) -> None:
    assert client_of(gateway_in(tmp_path / "state", {})).get("/autocontour/routing/rules").json() == {"Rules": None}


def test_nothing_known_is_nothing_tried(tmp_path: Path) -> None:
    said = tried(client(tmp_path), [])
    assert said == {
        "Problems": [],
        "Without": [],
        "Tried": 0,
        "Changed": 0,
        "Refused": 0,
        "Outcomes": {"Now": {}, "Draft": {}},
        "StructureSets": {"Now": 0, "Draft": 0},
        "Series": [],
        "Remaining": [],
    }


def test_an_orthanc_that_does_not_answer_is_said_once_and_not_of_each_series(tmp_path: Path) -> None:
    answer = client(tmp_path).post("/autocontour/routing/try", json={"Rules": [], "Series": [SERIES]})
    assert (answer.status_code, answer.json()["Error"]) == (503, "ORTHANC_UNREACHABLE")


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"Last": 5},
        {"Rules": [], "Last": 0},
        {"Rules": [], "Last": 201},
        {"Rules": [], "Series": []},
        {"Rules": [], "Series": ["x"]},
        {"Rules": [], "Series": [SERIES] * 201},
        {"Rules": [], "Last": 5, "Series": [SERIES]},
        {"Rules": [], "Explain": 1},
        {"Rule": []},
    ],
)
def test_a_wrong_question_is_answered_with_400(tmp_path: Path, question: Any) -> None:
    answer = client(tmp_path).post("/autocontour/routing/try", content=json.dumps(question))
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) == {"Error", "Message"}
