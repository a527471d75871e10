"""What a request passes before any route: host, page, size and shape of the body; and what every answer carries."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from plugin.gateway.api.door import Door
from plugin.gateway.api.hosts import Hosts
from plugin.gateway.api.page import ASSETS
from tests.builders.gateway_app import client_of, gateway_in

SERIES = "-".join(["0123abcd"] * 5)
JOB = "0" * 32


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return client_of(gateway_in(tmp_path_factory.mktemp("gateway") / "state"))


@pytest.mark.parametrize("path", ["", "/", "/app", "/app/"])
def test_the_page_is_served_without_a_redirect_and_in_no_frame(client: TestClient, path: str) -> None:
    answer = client.get("/autocontour" + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy


def test_no_link_of_the_page_begins_at_the_root_or_names_a_host(client: TestClient) -> None:
    page = client.get("/autocontour/app").text
    links = re.findall(r"""(?:src|href)=["']([^"']*)""", page)
    assert "assets/start.js" in links, "the page has a script at all"
    assert [link for link in links if re.match(r"[a-z]+:|/", link)] == ["data:,"], (
        "no icon is asked for beside the path"
    )


def test_each_file_of_the_page_is_answered_and_no_other(client: TestClient) -> None:
    for path in ASSETS.iterdir():
        answer = client.get(f"/autocontour/app/assets/{path.name}")
        assert (answer.status_code, answer.content == path.read_bytes()) == (
            (404, False) if path.suffix == ".html" else (200, True)
        )
    for name in ("nothing.js", "..%2Fserve.py", "%2e%2e", "start.js%00", "."):
        assert client.get(f"/autocontour/app/assets/{name}").status_code in (404, 405), name


@pytest.mark.parametrize("path", ["/health", "/jobs", "/nothing", "/openapi.json", "/metrics", "/subjects/x y"])
def test_every_answer_says_what_a_browser_may_do_with_it(client: TestClient, path: str) -> None:
    headers = client.get("/autocontour" + path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


CHANGES = [
    ("POST", f"/autocontour/series/{SERIES}/jobs"),
    ("POST", f"/autocontour/jobs/{JOB}/cancel"),
    ("POST", f"/autocontour/jobs/{JOB}/retry"),
    ("POST", "/autocontour/targets/local/pause"),
    ("POST", "/autocontour/targets/local/pause/"),
    ("POST", "/autocontour/routing/explain"),
    ("POST", "/autocontour/routing/try"),
    ("POST", "/autocontour/subjects/erase"),
    ("POST", "/autocontour/subjects/objection"),
    ("POST", f"/autocontour/lua/series/{SERIES}/veto"),
    ("POST", "/internal/bell"),
    ("PUT", "/autocontour/anything"),
    ("DELETE", "/autocontour/anything"),
    ("PATCH", "/autocontour/anything"),
    ("GET", "/autocontour/subjects/A1"),
]
FOREIGN = [
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:9999"},
    {"Origin": "https://elsewhere.example", "X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "https"},
]
TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", ""]


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize("headers", FOREIGN)
def test_a_page_elsewhere_changes_nothing_whatever_it_says_its_body_is(
    client: TestClient, method: str, path: str, headers: dict[str, str]
) -> None:
    for kind in TYPES:
        answer = client.request(method, path, content=b'{"PatientID": "A1"}', headers={"Content-Type": kind, **headers})
        assert (answer.status_code, answer.json()["Error"]) == (403, "FOREIGN_PAGE")
    assert client.get("/autocontour/targets").json()[0]["Paused"] is False


def test_reading_from_elsewhere_is_the_browser_s_matter(client: TestClient) -> None:
    for headers in FOREIGN:
        assert client.get("/autocontour/jobs", headers=headers).status_code == 200


def test_a_foreign_host_is_not_even_read_from(client: TestClient) -> None:
    for path in ("/autocontour", "/autocontour/jobs", "/autocontour/nothing"):
        answer = client.get(path, headers={"Host": "attacker.example:8042", "X-Forwarded-Host": "localhost"})
        assert (answer.status_code, answer.json()["Error"]) == (403, "FOREIGN_HOST")
        assert "attacker" not in answer.text


def test_a_request_without_a_host_is_no_browser_s() -> None:
    passed: list[str] = []
    sent: list[Message] = []

    async def inner(scope: Scope, _receive: Receive, _send: Send) -> None:
        passed.append(scope["path"])

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/autocontour/targets/local/pause/", "headers": []}
    asyncio.run(Door(inner, Hosts.configured((), passwords=False))(scope, receive, send))
    assert passed == ["/autocontour/targets/local/pause"], "as Orthanc's Lua asks; the last slash means nothing"
    twice = {**scope, "headers": [(b"host", b"localhost"), (b"host", b"attacker.example")]}
    asyncio.run(Door(inner, Hosts.configured((), passwords=True))(twice, receive, send))
    assert (len(passed), sent[0]["status"]) == (1, 403), "two hosts are one too many"


def pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // 100_000):
        yield b" " * 100_000


def test_a_body_above_four_megabytes_is_refused_by_its_length_and_by_its_bytes(client: TestClient) -> None:
    for body in (b" " * 4_200_000, pieces(4_300_000)):
        answer = client.post("/autocontour/routing/explain", content=body)
        assert (answer.status_code, answer.json()["Error"]) == (413, "TOO_LARGE")
    body = b'{"Tags": {"Modality": "CT"}}' + b" " * 4_000_000
    assert client.post("/autocontour/routing/explain", content=body).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"Tags": {"SliceThickness": 1e999}}',
        b'{"Tags": {"SliceThickness": NaN}}',
        b'{"Tags": {"Modality": "\\ud800"}}',
        b'{"Tags": {"Modality": "CT", "Modality": "MR"}}',
        b'{"Tags": {"Slices": ' + b"9" * 5000 + b"}}",
        b"[" * 100_000,
        b"\xff\xfe",
        b"Tags=1",
        b"{",
    ],
)
def test_a_body_that_no_answer_could_carry_is_a_bad_request(client: TestClient, body: bytes) -> None:
    answer = client.post("/autocontour/routing/explain", content=body)
    assert (answer.status_code, answer.json()["Error"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/jobs/unknown", 404, "NO_JOB"),
        (f"/jobs/{JOB}x", 404, "NO_JOB"),
        (f"/jobs/{JOB}%0a", 404, "NO_JOB"),
        ("/series/..%2f..%2fsystem/outgoing", 404, None),
        (f"/series/{'0' * 44}/outgoing", 404, "SERIES_GONE"),
        (f"/series/{SERIES}%3fexpand/outgoing", 404, "SERIES_GONE"),
        (f"/series/{SERIES.upper()}/outgoing", 404, "SERIES_GONE"),
        ("/evidence/%00", 404, "EVIDENCE_CODE"),
        ("/reports/2026-13", 400, "REPORT_MONTH"),
        ("/reports/9999-12", 400, "REPORT_MONTH"),
        ("/reports/٢٠٢٦-01", 400, "REPORT_MONTH"),
        ("/reports/2026-1", 400, "REPORT_MONTH"),
        ("/jobs?Series=x", 400, "BAD_REQUEST"),
        ("/jobs?Study=%00", 400, "BAD_REQUEST"),
        ("/jobs?State=odd", 400, "BAD_STATE"),
        ("/jobs?Limit=0", 400, "BAD_REQUEST"),
        ("/jobs?Limit=99999999999999999999", 400, "BAD_REQUEST"),
        ("/jobs?Since=yesterday", 400, "BAD_TIME"),
        (f"/jobs/{JOB}/preview?Plane=oblique", 400, "BAD_REQUEST"),
        (f"/jobs/{JOB}/preview?Slice=99999999999999999999", 400, "BAD_REQUEST"),
        (f"/series/{SERIES}/outgoing?format=exe", 400, "BAD_REQUEST"),
        ("/targets/nothing", 404, "NOT_FOUND"),
    ],
)
def test_what_has_not_its_form_goes_nowhere(client: TestClient, path: str, status: int, code: str | None) -> None:
    answer = client.get("/autocontour" + path)
    assert answer.status_code == status
    assert code in (None, answer.json()["Error"])


@pytest.mark.parametrize("since", ["0001-01-01", "9999-12-31T23:59:59+23:59", "2026-01-31T12:00:00Z", "2026-01-31"])
def test_any_time_of_the_calendar_may_be_asked_since(client: TestClient, since: str) -> None:
    assert client.get("/autocontour/jobs", params={"Since": since}).status_code == 200


def test_a_model_s_name_in_a_body_has_the_form_of_one(client: TestClient) -> None:
    for model in ("", "Muster^Anna", "../x", "a" * 49, 7):
        answer = client.post(f"/autocontour/series/{SERIES}/jobs", json={"Model": model})
        assert answer.status_code == 400
        assert "Muster" not in answer.text


def test_a_key_that_the_sender_made_up_is_not_repeated(client: TestClient) -> None:
    answer = client.post("/autocontour/subjects/find", json={"PatientID": "A1", "Muster^Anna 1970": 1})
    assert answer.status_code == 400
    assert "Muster" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "allow"), [("DELETE", f"/jobs/{JOB}", "GET"), ("GET", "/subjects/erase", "POST")]
)
def test_a_method_that_a_route_lacks_is_refused_with_those_it_has(
    client: TestClient, method: str, path: str, allow: str
) -> None:
    answer = client.request(method, "/autocontour" + path)
    assert (answer.status_code, answer.json()["Error"], answer.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", allow)
