"""An exception that nobody foresaw, in gateway and service: a 500 without its text, nothing raised to the server."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from model.service import answers as service
from plugin.gateway.api import answers as gateway

SECRET = "Testmann^Vertraulich"


@pytest.fixture(params=[gateway, service], ids=["gateway", "service"])
def client(request: pytest.FixtureRequest) -> TestClient:
    app = FastAPI()

    @app.get("/at-once")
    def at_once() -> None:
        raise ValueError(SECRET)

    @app.get("/in-the-middle")
    def in_the_middle() -> StreamingResponse:
        def parts() -> Iterator[bytes]:
            yield b"begun"
            raise ValueError(SECRET)

        return StreamingResponse(parts())

    request.param.install(app)
    return TestClient(app)


def test_before_the_answer_began_it_is_a_500_without_the_text(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/at-once")
    assert (answer.status_code, answer.json()["Error"]) == (500, "INTERNAL")
    assert SECRET not in answer.text + caplog.text
    assert "unexpected ValueError" in caplog.text


def test_in_the_middle_of_an_answer_it_is_logged_by_kind_and_not_raised_to_the_server(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = client.get("/in-the-middle")
    assert answer.content == b"begun"
    assert SECRET not in caplog.text
    assert "unexpected ValueError" in caplog.text
