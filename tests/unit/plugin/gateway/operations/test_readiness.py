"""What the gateway says, and refuses, before it is up and when it cannot be brought up."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.errors import AutocontourError
from plugin.gateway.operations.readiness import Readiness
from tests.builders.gateway_app import client_of, gateway_in

SERIES = "-".join(["0123abcd"] * 5)


def test_it_is_starting_until_it_is_up() -> None:
    readiness = Readiness()
    assert readiness.unavailable_reasons() == ["The gateway is starting."]
    with pytest.raises(AutocontourError) as refused:
        readiness.require()
    assert (refused.value.code, refused.value.retry) == ("STARTING", True)
    readiness.set_up()
    assert readiness.unavailable_reasons() == []
    readiness.require()


def test_what_keeps_it_from_coming_up_is_its_reason() -> None:
    readiness = Readiness()
    readiness.set_broken("The disk is full.")
    assert readiness.unavailable_reasons() == ["The disk is full."]
    with pytest.raises(AutocontourError):
        readiness.require()


def test_a_request_before_it_is_up_is_asked_to_come_again(tmp_path: Path) -> None:
    client = client_of(gateway_in(tmp_path / "state"))
    answer = client.post(f"/autocontour/series/{SERIES}/jobs")
    assert (answer.status_code, answer.json()["Error"]) == (503, "STARTING")
    health = client.get("/autocontour/health")
    assert (health.status_code, health.json()["Reasons"]) == (503, ["The gateway is starting."])
