"""The table of cases and the routes for Lua, through HTTP."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from model.errors import AutocontourError
from plugin.facts.given import given_facts
from plugin.facts.series import known_keywords
from plugin.gateway.api import answers, lua, routing
from plugin.gateway.api.json_bodies import JsonBodies
from plugin.intake.job_request import JobRequest
from plugin.jobs.job import Job
from routing.decide import decide
from routing.rules import read_rules
from tests.builders.jobs import a_job
from tests.unit.routing.cases import CASES, Case

SERIES = "-".join(["0123abcd"] * 5)


def client_of(**operations: Any) -> TestClient:
    app = FastAPI()
    answers.install(app)
    app.add_middleware(JsonBodies)
    stand_in: Any = SimpleNamespace(**operations)
    app.include_router(routing.router(stand_in, stand_in))
    app.include_router(lua.router(stand_in, stand_in))
    return TestClient(app)


def with_rules(*rules: Any) -> TestClient:
    read, problems = read_rules(list(rules), known_keywords())
    assert problems == []
    return client_of(explain_given=lambda tags: decide(given_facts(tags), read).to_json())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_explain_answers_as_the_table_says(case: Case) -> None:
    client = with_rules({"Name": case.name, "When": case.when, "Then": {"Model": "hu-ct"}})
    # What is no JSON, such as NaN, is written by no client; the table holds none.
    answer = client.post("/routing/explain", json={"Tags": case.tags})
    assert answer.status_code == 200, answer.text
    assert answer.json()["Outcome"] == ("contour" if case.matched else "none")
    assert answer.json()["Rules"][0]["Matched"] is case.matched


@pytest.mark.parametrize(
    "headers", [{}, {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "text/plain"}]
)
def test_a_body_is_json_whatever_it_says_of_itself(headers: dict[str, str]) -> None:
    client = with_rules({"Name": "a", "When": {"Modality": "CT"}, "Then": {"Model": "m"}})
    answer = client.post("/routing/explain", content=json.dumps({"Tags": {"Modality": "CT"}}), headers=headers)
    assert answer.json()["Outcome"] == "contour"


@pytest.mark.parametrize("body", [{}, {"Series": "a", "Tags": {}}, {"Tag": {}}, {"Tags": 5}, []])
def test_a_wrong_question_is_answered_with_400(body: Any) -> None:
    answer = with_rules().post("/routing/explain", json=body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"Error", "Message"}


def test_lua_gets_200_and_the_job() -> None:
    asked: list[tuple[Any, ...]] = []

    def request(*wanted: Any) -> list[Job]:
        asked.append(wanted)
        return [a_job(series=SERIES)]

    client = client_of(request=request, show_all=lambda jobs: jobs[0].to_json())
    answer = client.post(f"/lua/series/{SERIES}/jobs", json={"Model": "m"})
    assert (answer.status_code, answer.json()["Series"]) == (200, SERIES)
    assert client.post(f"/lua/series/{SERIES}/jobs").status_code == 200
    picked = {"Pick": {"EchoTime": 5, "ImageType": "M"}, "Each": True}
    assert client.post(f"/lua/series/{SERIES}/jobs", json=picked).status_code == 200
    pick: dict[str, float | int | str] = {"EchoTime": 5, "ImageType": "M"}
    assert asked == [(SERIES, JobRequest("m")), (SERIES, JobRequest()), (SERIES, JobRequest(pick=pick, each=True))]


def test_lua_gets_200_and_the_reason_of_a_refusal() -> None:
    def refuse(*_: Any) -> None:
        raise AutocontourError("NO_RULE", "No rule matches.")

    client = client_of(request=refuse, show_all=lambda jobs: jobs)
    answer = client.post(f"/lua/series/{SERIES}/jobs", json={})
    assert (answer.status_code, answer.json()) == (200, {"Error": "NO_RULE", "Message": "No rule matches."})


def test_a_veto_of_lua_ends_jobs_and_says_which() -> None:
    said: list[tuple[str, str]] = []

    def veto(series: str, reason: str) -> list[str]:
        said.append((series, reason))
        return ["1"]

    answer = client_of(veto=veto).post(f"/lua/series/{SERIES}/veto", json={"Reason": "not here"})
    assert answer.json() == {"Jobs": ["1"]}
    assert said == [(SERIES, "The site's Lua vetoed: not here")]
