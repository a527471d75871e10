"""Pages of jobs by cursor: each job once, in order, whatever arrives between two pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from plugin.gateway.api.cursor import read_cursor, write_cursor
from plugin.gateway.operations.operations import Operations
from plugin.jobs.job import State
from plugin.jobs.page import Place
from tests.builders.gateway_app import client_of, gateway_in
from tests.builders.jobs import a_job

JOBS = "/autocontour/jobs"
SERIES = "-".join(["0123abcd"] * 5)


@pytest.fixture
def gateway(tmp_path: Path) -> Operations:
    return gateway_in(tmp_path / "state")


@pytest.fixture
def client(gateway: Operations) -> TestClient:
    return client_of(gateway)


def note(gateway: Operations, count: int, *, created: float = 1_800_000_000.0, **changed: Any) -> list[str]:
    """Note jobs of which two at a time were made at once; returns their ids."""
    made = [a_job(created=created + number // 2 / 3, **changed) for number in range(count)]
    for job in made:
        gateway.table.add(job)
    return [job.id for job in made]


def pages(client: TestClient, **filters: Any) -> list[list[str]]:
    found, cursor = [], ""
    while True:
        answer = client.get(JOBS, params={"Cursor": cursor, **filters})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page.keys() == {"Jobs", "Next"}
        found.append([job["ID"] for job in page["Jobs"]])
        if page["Next"] is None:
            return found
        cursor = page["Next"]


def test_without_a_cursor_the_answer_is_the_list_as_before(gateway: Operations, client: TestClient) -> None:
    note(gateway, 3)
    answer = client.get(JOBS, params={"Limit": 2})
    assert [job["ID"] for job in answer.json()] == [job.id for job in gateway.table.list(limit=2)]


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (1, [1]), (4, [4]), (5, [4, 1]), (8, [4, 4]), (9, [4, 4, 1])])
def test_pages_hold_each_job_once_newest_first(
    gateway: Operations, client: TestClient, count: int, sizes: list[int]
) -> None:
    note(gateway, count)
    found = pages(client, Limit=4)
    assert [len(page) for page in found] == sizes
    assert [job for page in found for job in page] == [job.id for job in gateway.table.list(limit=1000)]


def test_pages_go_beyond_the_longest_list(gateway: Operations, client: TestClient) -> None:
    noted = note(gateway, 1003)
    found = pages(client, Limit=1000)
    assert [len(page) for page in found] == [1000, 3]
    assert sorted(job for page in found for job in page) == sorted(noted)


def test_a_job_that_comes_between_two_pages_moves_no_other(gateway: Operations, client: TestClient) -> None:
    before = note(gateway, 6)
    first = client.get(JOBS, params={"Cursor": "", "Limit": 3}).json()
    note(gateway, 2, created=1_900_000_000.0)
    second = client.get(JOBS, params={"Cursor": first["Next"], "Limit": 3}).json()
    assert second["Next"] is None
    assert sorted(job["ID"] for job in first["Jobs"] + second["Jobs"]) == sorted(before)


def test_a_cursor_holds_after_its_job_is_gone(gateway: Operations, client: TestClient) -> None:
    note(gateway, 4)
    first = client.get(JOBS, params={"Cursor": "", "Limit": 2}).json()
    expected = [job.id for job in gateway.table.list(limit=4)][2:]
    last = gateway.table.get(first["Jobs"][-1]["ID"])
    assert last is not None
    gateway.table.forget(last)
    second = client.get(JOBS, params={"Cursor": first["Next"]}).json()
    assert [job["ID"] for job in second["Jobs"]] == expected


def test_pages_obey_the_filters(gateway: Operations, client: TestClient) -> None:
    note(gateway, 3)
    wanted = note(gateway, 3, series=SERIES, state=State.DONE)
    for filters in ({"Series": SERIES}, {"State": "done"}):
        assert sorted(job for page in pages(client, Limit=2, **filters) for job in page) == sorted(wanted)


@pytest.mark.parametrize(
    "cursor",
    ["x", "%", "AAAA", "é", "bmFuIHg", "aW5mIHg", "MHgxcDk5OTkgeA", "0" * 201, write_cursor(Place(1.0, "a")) + "!"],
)
def test_what_is_no_cursor_is_said(client: TestClient, cursor: str) -> None:
    answer = client.get(JOBS, params={"Cursor": cursor})
    assert (answer.status_code, answer.json()["Error"]) == (400, "BAD_CURSOR")


def test_a_cursor_keeps_every_digit_of_a_time() -> None:
    place = Place(1_800_000_000.1 + 1 / 3, "0123456789abcdef0123456789abcdef")
    assert read_cursor(write_cursor(place)) == place
    assert write_cursor(place).replace("-", "").replace("_", "").isalnum(), "nothing that an address changes"


FIND = "/autocontour/jobs/find"


def test_a_list_is_chosen_by_model_target_rule_and_time(gateway: Operations, client: TestClient) -> None:
    note(gateway, 2)
    (wanted,) = note(gateway, 1, model="total", target="local", rule="the other", updated=1_800_000_100.0)
    for filters in (
        {"Model": "total"},
        {"Target": "local"},
        {"Rule": "the other"},
        {"Since": "2027-01-15T08:01:00Z", "Until": "2027-01-15T08:02:00Z"},
    ):
        assert [job["ID"] for job in client.get(JOBS, params=filters).json()] == [wanted]
        assert pages(client, **filters) == [[wanted]]


def test_a_search_answers_short_rows_page_by_page(gateway: Operations, client: TestClient) -> None:
    noted = note(gateway, 5, state=State.DONE)
    first = client.post(FIND, json={"State": ["done"], "Limit": 3, "Counts": True}).json()
    second = client.post(FIND, json={"State": ["done"], "Limit": 3, "Cursor": first["Next"]}).json()
    assert sorted(job["ID"] for job in first["Jobs"] + second["Jobs"]) == sorted(noted)
    assert (first["Counts"]["Total"], first["Counts"]["State"]) == (5, {"done": 5})
    assert second.keys() == {"Jobs", "Next"}
    assert not {"Explanation", "Rois", "Timings"} & first["Jobs"][0].keys()


def test_a_search_takes_lists_of_series_and_studies(gateway: Operations, client: TestClient) -> None:
    note(gateway, 1)
    of_series, of_study = note(gateway, 1, series=SERIES)[0], note(gateway, 1, study=SERIES)[0]
    found = client.post(FIND, json={"Series": [SERIES], "Studies": [SERIES]}).json()["Jobs"]
    assert {job["ID"] for job in found} == {of_series, of_study}
    assert client.post(FIND, json={"Studies": []}).json()["Jobs"] == [], "nobody was found in Orthanc"


def test_a_waiting_job_of_a_search_says_why_by_code_and_sentence(gateway: Operations, client: TestClient) -> None:
    note(gateway, 1, state=State.WAITING)
    (row,) = client.post(FIND, json={}).json()["Jobs"]
    assert row["Why"] == {"Code": "soon", "Message": "It starts in a moment.", "Until": None}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"Since": "yesterday"}, "BAD_TIME"),
        ({"Cursor": "x"}, "BAD_CURSOR"),
        ({"State": ["odd"]}, "BAD_REQUEST"),
        ({"Studies": ["../"]}, "BAD_REQUEST"),
        ({"Flagged": "yes"}, "BAD_REQUEST"),
        ({"PatientName": "x"}, "BAD_REQUEST"),
    ],
)
def test_a_search_that_is_none_is_said(client: TestClient, body: dict[str, Any], error: str) -> None:
    answer = client.post(FIND, json=body)
    assert (answer.status_code, answer.json()["Error"]) == (400, error)
