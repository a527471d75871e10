"""No route of the gateway reads past a parameter that it does not take, whichever it is and whoever adds one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient

from model.evidence.chain import Chain
from model.evidence.signing import SigningKey
from plugin.gateway.api.app import refusing_application
from plugin.gateway.api.hosts import Hosts
from tests.builders.gateway_app import client_of, gateway_in

# Files of the page, which a browser may ask for with whatever keeps caches out; the plugin's own knock.
PAGE = re.compile(r"/autocontour(/app|/assets/.*|/app/.*|/autocontour/app/.*)?|/internal/bell")
ALREADY_REFUSED = {405: "METHOD_NOT_ALLOWED", 400: "SUBJECT_BY_PATH"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return client_of(gateway_in(tmp_path_factory.mktemp("gateway") / "state"))


def routes(app: FastAPI) -> Iterator[tuple[str, str, bool]]:
    """Method and address of each route with something in place of its parameters, and whether it is described."""
    for found in iter_route_contexts(app.routes):
        if isinstance(found.original_route, APIRoute):
            for method in found.methods or ():
                path = re.sub(r"\{[^}]*\}", "x", (found.path or "").replace("{rest:path}", "x/y"))
                yield method, path, found.original_route.include_in_schema


def test_every_route_refuses_what_it_does_not_take(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    asked = 0
    for method, path, described in routes(client.app):
        if PAGE.fullmatch(path):
            continue
        answer = client.request(method, f"{path}?nobody=Muster")
        said = answer.json()
        assert "Muster" not in answer.text, (method, path)
        if described:
            assert (answer.status_code, said["Error"]) == (400, "BAD_REQUEST"), (method, path)
            assert said["Message"].startswith("query.nobody: is not known here; this address takes "), (method, path)
            asked += 1
        else:
            assert said["Error"] == ALREADY_REFUSED[answer.status_code], (method, path)
    operations = sum(len(methods) for methods in client.app.openapi()["paths"].values())
    assert asked == operations, "all that is described was asked"


def test_every_parameter_that_is_described_is_taken_and_once(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    tried = set()
    for path, methods in client.app.openapi()["paths"].items():
        for method, operation in methods.items():
            for name in [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]:
                address = re.sub(r"\{[^}]*\}", "x", path)
                once = client.request(method, f"{address}?{name}=x")
                assert "is not known here" not in once.text, (method, path, name)
                twice = client.request(method, f"{address}?{name}=x&{name}=x")
                assert twice.status_code == 400, (method, path, name)
                assert f"query.{name}: is given more than once" in twice.json()["Message"], (method, path, name)
                tried.add(name)
    assert {"State", "Series", "format", "Version", "Plane", "LastEventID", "identified"} <= tried


def test_a_filter_with_a_slip_is_told_which_there_are(client: TestClient) -> None:
    said = client.get("/autocontour/jobs?series=x").json()["Message"]
    assert said == (
        "query.series: is not known here (did you mean 'Series'?); this address takes Cursor, Flagged, Limit, Model, "
        "Rule, Series, Since, State, Study, Target, Until"
    )


@pytest.mark.parametrize("path", ["", "/app", "/app/assets/start.js", "/assets/start.js"])
def test_the_page_is_served_whatever_keeps_caches_out(client: TestClient, path: str) -> None:
    assert client.get(f"/autocontour{path}?_=1764230000").status_code == 200


def test_a_gateway_that_may_not_work_reads_past_nothing_either(tmp_path: Path) -> None:
    Chain.open(tmp_path / "chain", SigningKey.new())
    app = refusing_application(["x"], Hosts.configured((), passwords=False), chain=tmp_path / "chain")
    refusing = TestClient(app, base_url="http://localhost:8042")
    for path in ("metrics", "evidence/verify"):
        assert refusing.get(f"/autocontour/{path}").status_code == 200
        assert refusing.get(f"/autocontour/{path}?nobody=x").status_code == 400
    assert refusing.get("/autocontour/jobs?nobody=x").status_code == 503
