"""What happens now: one bounded answer that says its own state, and the same as server-sent events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from plugin.gateway.api.schemas.now import NowAnswer
from plugin.gateway.operations.now import LAST, MOST
from plugin.gateway.operations.operations import Operations
from plugin.jobs.job import Stage, State
from tests.builders.gateway_app import client_of, gateway_in
from tests.builders.jobs import a_job

NOW, EVENTS = "/autocontour/now", "/autocontour/events"


@pytest.fixture
def gateway(tmp_path: Path) -> Operations:
    return gateway_in(tmp_path / "state", {"Targets": {"cloud": {"Type": "dicom", "Modality": "node"}}})


@pytest.fixture
def client(gateway: Operations) -> TestClient:
    return client_of(gateway)


def now(client: TestClient) -> dict[str, Any]:
    answer = client.get(NOW)
    assert answer.status_code == 200, answer.text
    said = dict(answer.json())
    assert NowAnswer.model_validate(said).model_dump(mode="json", by_alias=True, exclude_unset=True) == said
    return said


def fields_of(event: str) -> dict[str, str]:
    assert event.endswith("\n\n")
    lines = [line for line in event.strip().split("\n") if not line.startswith(":")]
    return dict(line.split(": ", 1) for line in lines)


def test_a_gateway_that_has_nothing_to_do_says_so(client: TestClient) -> None:
    said = now(client)
    assert {said[key]["Total"] for key in ("Arriving", "Waiting", "Running", "Ended", "Refused")} == {0}
    assert said["Health"]["Status"] == "unavailable", "it is starting"
    assert [target["Type"] for target in said["Targets"]] == ["local", "dicom"]


def test_jobs_stand_where_they_are(gateway: Operations, client: TestClient) -> None:
    for state in State:
        error = {"error_code": "GEOMETRY_GAP", "error_message": "A slice is missing."} if state.final else {}
        gateway.table.add(a_job(id=f"{state}", state=state, stage=Stage.DRAW, **error))
    said = now(client)
    ids = {key: {job["ID"] for job in said[key]["Jobs"]} for key in ("Waiting", "Running", "Ended", "Refused")}
    assert ids == {
        "Waiting": {"waiting"},
        "Running": {"running"},
        "Ended": {"done", "cancelled", "superseded"},
        "Refused": {"rejected", "failed", "excluded"},
    }
    assert said["Waiting"]["Jobs"][0]["Why"]["Code"] == "soon"
    assert all(job["Error"]["Code"] == "GEOMETRY_GAP" for job in said["Refused"]["Jobs"])


def test_long_lists_are_cut_and_their_true_length_is_said(gateway: Operations, client: TestClient) -> None:
    for number in range(MOST + 5):
        gateway.table.add(a_job(state=State.WAITING, created=float(number)))
        gateway.table.add(a_job(state=State.DONE, updated=float(number)))
    said = now(client)
    assert (len(said["Waiting"]["Jobs"]), said["Waiting"]["Total"]) == (MOST, MOST + 5)
    assert (len(said["Ended"]["Jobs"]), said["Ended"]["Total"]) == (LAST, MOST + 5)


def test_a_target_that_is_paused_or_backs_off_says_so(gateway: Operations, client: TestClient) -> None:
    gateway.targets.pause("cloud", True)
    assert [one["State"] for one in now(client)["Targets"]] == ["ready", "paused"]


def test_what_has_not_changed_is_304_without_a_body(gateway: Operations, client: TestClient) -> None:
    tag = client.get(NOW).headers["etag"]
    for known in (tag, f"W/{tag}", f'"another", {tag}'):
        answer = client.get(NOW, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert client.get(NOW, headers={"If-None-Match": '"another"'}).status_code == 200


def test_an_event_is_what_now_answers(client: TestClient) -> None:
    answer = client.get(EVENTS)
    assert answer.headers["content-type"].startswith("text/event-stream")
    event = fields_of(answer.text)
    assert (event["event"], event["retry"]) == ("now", "2000")
    assert json.loads(event["data"]) == now(client)
    assert client.get(NOW).headers["etag"] == f'"{event["id"]}"'


@pytest.mark.parametrize("way", [{"headers": {"Last-Event-ID": "old"}}, {"params": {"LastEventID": "old"}}])
def test_who_knows_an_older_state_is_told_the_present_one(client: TestClient, way: dict[str, Any]) -> None:
    assert fields_of(client.get(EVENTS, **way).text)["event"] == "now"
