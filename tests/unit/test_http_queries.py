"""A query parameter that a route does not declare is refused by its name, never by its value."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Query
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from model.http_queries import LONGEST, declared_only
from model.service import answers as service
from plugin.gateway.api import answers as gateway

SECRET = "Testmann^Vertraulich"


def paged(page: Annotated[int, Query(alias="Page")] = 0) -> int:
    return page


@pytest.fixture(params=[gateway, service], ids=["gateway", "service"])
def client(request: pytest.FixtureRequest) -> TestClient:
    routes = APIRouter()

    @routes.get("/jobs")
    def jobs(
        _page: Annotated[int, Depends(paged)],
        state: Annotated[str | None, Query(alias="State")] = None,
        study: Annotated[list[str] | None, Query(alias="Study")] = None,
        limit: Annotated[int, Query(alias="Limit", ge=1)] = 1,
    ) -> list[object]:
        return [state, study, limit]

    @routes.post("/health")
    def health() -> str:
        return "ok"

    @routes.get("/hidden", include_in_schema=False)
    def hidden() -> None:
        raise HTTPException(405)

    app = FastAPI()
    app.include_router(routes, prefix="/api", dependencies=[Depends(declared_only)])
    request.param.install(app)
    return TestClient(app)


def refused(client: TestClient, query: str, path: str = "/api/jobs", method: str = "GET") -> str:
    answer = client.request(method, f"{path}?{query}")
    assert (answer.status_code, answer.json()["Error"]) == (400, "BAD_REQUEST"), answer.text
    return str(answer.json()["Message"])


def test_what_a_route_declares_itself_or_by_what_it_depends_on_is_taken(client: TestClient) -> None:
    assert client.get("/api/jobs?State=done&Limit=2&Page=3&Study=").json() == ["done", [""], 2]
    for nothing in ("?", "?&", "?=", "?Limit=1&"):
        assert client.get("/api/jobs" + nothing).json() == [None, None, 1]


def test_an_unknown_parameter_is_named_with_those_that_there_are(client: TestClient) -> None:
    assert refused(client, "Patient=x") == (
        "query.Patient: is not known here; this address takes Limit, Page, State, Study"
    )
    assert refused(client, "x", "/api/health", "POST") == (
        "query.x: is not known here; this address takes no parameters"
    )


@pytest.mark.parametrize(("slip", "meant"), [("state", "State"), ("limits", "Limit"), ("Sudy", "Study")])
def test_a_slip_is_told_what_it_probably_meant(client: TestClient, slip: str, meant: str) -> None:
    assert f"query.{slip}: is not known here (did you mean {meant!r}?)" in refused(client, f"State=done&{slip}=x")


def test_no_value_is_repeated_and_no_name_that_is_more_than_a_word(client: TestClient) -> None:
    said = refused(client, f"Patient={SECRET}&{SECRET}=1&{'S' * (LONGEST + 1)}&=1&a%0db=1")
    assert SECRET not in said
    assert said.count("query.…: is not known here;") == 4


def test_a_parameter_that_is_taken_once_is_given_once(client: TestClient) -> None:
    assert refused(client, "State=done&State=failed") == "query.State: is given more than once, and taken once"
    assert "query.Limit: is given more than once" in refused(client, "Limit=1&Limit=1&Patient=x")
    assert client.get("/api/jobs?Study=a&Study=b").json() == [None, ["a", "b"], 1]


def test_an_unknown_parameter_is_said_before_a_value_is_looked_at(client: TestClient) -> None:
    assert "Patient" in refused(client, "Limit=0&Patient=x")
    assert "Limit" in refused(client, "Limit=0")


def test_what_is_not_described_refuses_in_its_own_words(client: TestClient) -> None:
    assert client.get("/api/hidden?Patient=x").status_code == 405
