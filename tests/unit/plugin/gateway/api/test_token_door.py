"""Who may ask a gateway on a network: the holders of a token in its file, as the file is now."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from model.errors import ConfigurationRefused
from plugin.gateway.api.hosts import Hosts
from plugin.gateway.api.token_door import TokenDoor
from plugin.gateway.tokens import Tokens

OLD, NEW = "o" * 32, "n" * 32


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope)
    await JSONResponse({"passwords": request.state.passwords})(scope, receive, send)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.write_text(OLD + "\n")
    return path


def client_of(file: Path, *, works: bool = True) -> TestClient:
    return TestClient(TokenDoor(inner, Tokens(file).accept, lambda: works), base_url="http://gateway")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_file_without_tokens_is_refused_at_the_start(tmp_path: Path) -> None:
    for text in (None, "", "too short\n"):
        path = tmp_path / "tokens"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
        with pytest.raises(ConfigurationRefused, match=r"AutoContour\.Listen\.TokenFile"):
            Tokens(path)


def test_only_what_the_file_holds_now_is_taken(file: Path) -> None:
    client = client_of(file)
    assert client.get("/x", headers=bearer(OLD)).status_code == 200
    assert client.get("/x", headers=bearer(NEW)).status_code == 401
    file.write_text(f"{OLD}\n{NEW}\n")
    assert [client.get("/x", headers=bearer(one)).status_code for one in (OLD, NEW)] == [200, 200]
    file.write_text(f"{NEW}\n")
    assert [client.get("/x", headers=bearer(one)).status_code for one in (OLD, NEW)] == [401, 200]
    file.write_text("what somebody wrote by mistake\n")
    assert client.get("/x", headers=bearer(NEW)).status_code == 200, "what was known before still holds"
    file.unlink()
    assert client.get("/x", headers=bearer(NEW)).status_code == 200


def test_a_refusal_says_what_is_wanted_and_nothing_else(file: Path) -> None:
    client = client_of(file)
    for headers in ({}, bearer(""), {"Authorization": OLD}, {"Authorization": f"Basic {OLD}"}, bearer(OLD + " ")):
        answer = client.get("/x", headers=headers)
        if headers == bearer(OLD + " "):
            continue
        assert (answer.status_code, answer.json()["Error"]) == (401, "TOKEN_REFUSED")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert OLD not in answer.text
    twice = client.get("/x", headers=[("Authorization", f"Bearer {OLD}"), ("Authorization", f"Bearer {NEW}")])
    assert twice.status_code == 401


@pytest.mark.parametrize(("works", "status"), [(True, 200), (False, 503)])
def test_whether_it_works_is_said_to_anybody_and_nothing_else(file: Path, works: bool, status: int) -> None:
    answer = client_of(file, works=works).get("/health")
    assert (answer.status_code, list(answer.json())) == (status, ["Status"])
    assert client_of(file).post("/health").status_code == 401


def test_what_the_plugin_says_of_passwords_is_believed_beside_the_token(file: Path) -> None:
    client = client_of(file)
    said = {"Orthanc-Passwords": "true"}
    assert client.get("/x", headers=bearer(OLD) | said).json() == {"passwords": True}
    assert client.get("/x", headers=bearer(OLD)).json() == {"passwords": False}
    assert client.get("/x", headers=said).status_code == 401
    open_hosts = Hosts.configured([], passwords=False).behind_passwords()
    assert open_hosts.answer_to("pacs.example")
    assert not Hosts.configured(["a.example"], passwords=False).behind_passwords().answer_to("pacs.example")
