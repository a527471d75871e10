"""Outbound connections do what the configuration says, whatever the environment and the home folder say."""

from __future__ import annotations

import ast
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from model.outbound.session import http_session
from plugin.evidence.alerts import Alert, Kind, post_alert
from plugin.evidence.timestamp import stamper
from plugin.pacs.client import Orthanc
from plugin.settings.evidence import AlertHook
from tests.builders.answering_server import AnsweringServer
from tests.builders.certificates import make_certificates
from tests.builders.orthanc_process import CHECKOUT
from tests.builders.recording_proxy import RecordingProxy

OPENERS = {"get", "post", "put", "patch", "delete", "head", "options", "request", "Session", "session"}
# Modules that open connections by themselves; what may still use one of them, and why it is safe.
OPENING = {"urllib.request", "urllib3", "http.client", "httpx", "aiohttp", "smtplib", "ftplib", "websockets"}
ALLOWED = {
    ("plugin/orthanc_plugin.py", "http.client"): "standard library alone; http.client knows no environment",
    ("plugin/gateway/watchdog.py", "http.client"): "standard library alone; asks the address of its own process",
    (
        "plugin/pacs/straight.py",
        "http.client",
    ): "standard library alone; asks the configured Orthanc, not by TLS",
    ("docker/healthy.py", "http.client"): "standard library alone; asks its own container",
    ("plugin/pacs/client.py", "urllib3"): "the exceptions of a stream that requests hands on",
    ("plugin/pacs/http.py", "urllib3"): "the type of its retries",
    ("plugin/commands/running_orthanc.py", "urllib3"): "the type of its retries",
    ("model/outbound/session.py", "urllib3"): "the type of its retries",
    ("plugin/notify/mail.py", "smtplib"): "knows no proxy and no environment; its TLS is that of model/outbound",
}


@pytest.fixture
def server() -> Iterator[AnsweringServer]:
    made = AnsweringServer()
    yield made
    made.close()


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingProxy]:
    """A proxy, a .netrc and a broken CA bundle in the environment of this process."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\ndefault login x password y\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "broken.pem"))
    (tmp_path / "broken.pem").write_text("nothing\n")
    with RecordingProxy() as proxy:
        for name, text in proxy.environment.items():
            monkeypatch.setenv(name, text)
        yield proxy


def test_the_environment_would_be_obeyed_by_a_plain_session(server: AnsweringServer, hostile: RecordingProxy) -> None:
    requests.get(server.url + "/plain", timeout=30)
    assert hostile.asked, "the environment of these tests does what it is meant to do"


def test_no_proxy_and_no_password_comes_from_the_environment(server: AnsweringServer, hostile: RecordingProxy) -> None:
    assert http_session().get(server.url + "/a", timeout=30).status_code == 200
    assert hostile.asked == []
    assert [(path, headers.get("Authorization")) for path, headers in server.seen] == [("/a", None)]


def test_orthanc_webhook_and_time_stamps_ask_no_proxy(
    server: AnsweringServer, hostile: RecordingProxy, tmp_path: Path
) -> None:
    assert Orthanc(server.url, token="Bearer t").system() == {}
    post_alert(AlertHook(Url=server.url + "/hook"), Alert(Kind.CHAIN_BROKEN, "2026-01-01T00:00:00Z"), "Hospital")
    make_certificates(tmp_path)
    with pytest.raises(Exception, match="TIME_STAMP_WRONG"):
        stamper(server.url + "/stamp", tmp_path / "ca.pem")(b"x")
    assert [path for path, _ in server.seen] == ["/system", "/hook", "/stamp"]
    assert hostile.asked == []


def test_a_webhook_whose_answer_never_ends_keeps_nobody_waiting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as there:

        def answer() -> bytes:
            wire, _ = listener.accept()
            with wire:
                wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                heard = b""
                while piece := wire.recv(65536):  # until the other side has gone
                    heard += piece
                return heard

        heard = there.submit(answer)
        hook = AlertHook(Url=f"http://127.0.0.1:{listener.getsockname()[1]}/")
        post_alert(hook, Alert(Kind.CHAIN_BROKEN, "2026-01-01T00:00:00Z"), "Hospital", timeout=60)
        assert b"CHAIN_BROKEN" in heard.result(60)


def test_cookies_are_refused_and_redirects_not_followed(server: AnsweringServer) -> None:
    server.status, server.headers = 302, {"Set-Cookie": "a=b", "Location": server.url + "/elsewhere"}
    session = http_session()
    for _ in range(2):
        assert session.get(server.url + "/a", timeout=30, allow_redirects=True).status_code == 302
    assert [(path, headers.get("Cookie")) for path, headers in server.seen] == [("/a", None), ("/a", None)]


def test_a_redirect_of_the_webhook_or_the_authority_is_no_answer(server: AnsweringServer, tmp_path: Path) -> None:
    server.status, server.headers = 307, {"Location": server.url + "/elsewhere"}
    with pytest.raises(OSError, match="HTTP 307"):
        post_alert(AlertHook(Url=server.url), Alert(Kind.CHAIN_BROKEN, "2026-01-01T00:00:00Z"), "Hospital")
    make_certificates(tmp_path)
    with pytest.raises(OSError, match="HTTP 307"):
        stamper(server.url, tmp_path / "ca.pem")(b"x")
    assert [path for path, _ in server.seen] == ["/", "/"]


def sources() -> list[Path]:
    return [path for folder in ("plugin", "routing", "model", "docker") for path in (CHECKOUT / folder).rglob("*.py")]


def opened_by(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of everything in a module that opens connections past our session."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            for name in (module, *(f"{module}.{alias.name}".strip(".") for alias in node.names)):
                if found := next((one for one in OPENING if f"{name}.".startswith(f"{one}.")), None):
                    yield node.lineno, found
                if module == "requests" and name.rpartition(".")[2] in OPENERS:
                    yield node.lineno, name
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "requests" and node.attr in OPENERS and not isinstance(node.ctx, ast.Store):
                yield node.lineno, f"requests.{node.attr}"
            if (node.value.id, node.attr) == ("ssl", "create_default_context"):
                yield node.lineno, "ssl.create_default_context"
        if isinstance(node, ast.keyword) and node.arg == "trust_env":
            yield node.value.lineno, "trust_env"


def test_no_module_opens_a_connection_of_its_own() -> None:
    ours = sources()
    assert len(ours) > 200
    found = {
        (str(path.relative_to(CHECKOUT)), name) for path in ours for _, name in opened_by(ast.parse(path.read_text()))
    }
    session = ("model/outbound/session.py", "requests.Session")
    assert session in found, "the test sees what it looks for"
    assert found - set(ALLOWED) - {session} == set()


@pytest.mark.parametrize(
    "source",
    ["import requests\nrequests.get('x')", "from requests import Session", "import urllib.request",
     "from urllib import request", "from http import client", "import httpx", "import smtplib",
     "import requests\nmade = requests.Session", "import ssl\nssl.create_default_context()"],
)  # fmt: skip
def test_the_rule_sees_every_way_to_write_it(source: str) -> None:
    assert list(opened_by(ast.parse(source)))


ORTHANCS_OWN = {"HttpError": "Internal Server Error", "HttpStatus": 500, "OrthancError": "x", "OrthancStatus": 1}


@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", b'"text"', b"[1]", b"null", b'{"Message": 3}'])
@pytest.mark.parametrize("status", [407, 502, 503, 504])
def test_who_answers_in_orthancs_place_is_said(server: AnsweringServer, status: int, body: bytes) -> None:
    server.status, server.body = status, body
    with pytest.raises(Exception, match="ORTHANC_PROXY") as failed:
        Orthanc(server.url).system()
    said: Any = failed.value
    assert "between the gateway and Orthanc" in said.message
    assert (str(status) in said.message, said.retry) == (True, True)


@pytest.mark.parametrize(
    ("status", "described", "code"),
    [(500, ORTHANCS_OWN, "ORTHANC_ERROR"), (503, ORTHANCS_OWN, "ORTHANC_ERROR"), (404, ORTHANCS_OWN, "SERIES_GONE"),
     (404, None, "SERIES_GONE"), (401, None, "ORTHANC_DENIED"), (403, None, "ORTHANC_DENIED"),
     (507, ORTHANCS_OWN, "ORTHANC_FULL"), (302, None, "ORTHANC_ERROR"), (500, None, "ORTHANC_ERROR"),
     (404, "<html>gone</html>", "ORTHANC_PROXY"), (403, "<html>blocked</html>", "ORTHANC_PROXY"),
     (404, {"message": "no route"}, "ORTHANC_PROXY")],
)  # fmt: skip
def test_what_orthanc_says_itself_is_told_apart(
    server: AnsweringServer, status: int, described: Any, code: str
) -> None:
    page = isinstance(described, str)
    server.status, server.headers = status, {"Content-Type": "text/html" if page else "application/json"}
    server.body = described.encode() if page else b"" if described is None else json.dumps(described).encode()
    with pytest.raises(Exception, match=code):
        Orthanc(server.url).system()


def test_an_answer_that_breaks_off_is_an_error_of_ours(server: AnsweringServer) -> None:
    server.headers = {"Content-Encoding": "gzip"}
    with pytest.raises(Exception, match="ORTHANC_ERROR"):
        Orthanc(server.url).instance_file("x")
