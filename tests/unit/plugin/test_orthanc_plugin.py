"""The file inside Orthanc, without an Orthanc: what it passes on, what it refuses, and that it never raises."""

from __future__ import annotations

import importlib.util
import json
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.builders.answering_server import AnsweringServer
from tests.builders.orthanc_process import free_port

PLUGIN = Path(__file__).resolve().parents[3] / "plugin" / "orthanc_plugin.py"
SECONDS = 60.0
CHANGES = ("NEW_INSTANCE", "STABLE_SERIES", "DELETED", "ORTHANC_STOPPED", "NEW_PATIENT")


class Output:
    """Orthanc's output of one request."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self.headers: dict[str, str] = {}

    def SetHttpHeader(self, name: str, value: str) -> None:  # noqa: N802 - names of Orthanc's SDK
        self.headers[name] = value

    def AnswerBuffer(self, body: bytes, _content_type: str) -> None:  # noqa: N802
        self.status, self.body = 200, body

    def SendHttpStatus(self, status: int, body: bytes) -> None:  # noqa: N802
        self.status, self.body = status, body

    def SendMethodNotAllowed(self, allow: str) -> None:  # noqa: N802
        self.status, self.headers["Allow"] = 405, allow


@pytest.fixture
def logged() -> list[str]:
    return []


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch, logged: list[str]) -> Any:
    """The file, loaded by an Orthanc that knows no function but the one to log."""
    return loaded(PLUGIN, monkeypatch, logged)


def loaded(file: Path, monkeypatch: pytest.MonkeyPatch, logged: list[str]) -> Any:
    orthanc = ModuleType("orthanc")
    orthanc.LogError = logged.append  # type: ignore[attr-defined]
    orthanc.LogWarning = lambda text: logged.append("warning: " + text)  # type: ignore[attr-defined]
    orthanc.LogInfo = lambda text: logged.append("info: " + text)  # type: ignore[attr-defined]
    orthanc.ChangeType = SimpleNamespace(**{name: name for name in CHANGES})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "orthanc", orthanc)
    spec = importlib.util.spec_from_file_location("orthanc_plugin_alone", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def gateway() -> Iterator[AnsweringServer]:
    server = AnsweringServer(body=b'{"Status": "ok"}', headers={"Content-Type": "application/json", "X-Odd": "1"})
    yield server
    server.close()


def proxy_to(plugin: Any, url: str, callers: int = 4) -> Any:
    proxy = plugin.Proxy(plugin.Address([url]), lambda: "It is being started.", callers)
    threading.Thread(target=proxy.work, daemon=True).start()
    return proxy


def asked(proxy: Any, uri: str = "/autocontour/health", **request: Any) -> Output:
    output = Output()
    proxy.answer(output, uri, **{"method": "GET", "get": {}, "headers": {}, **request})
    return output


def test_an_orthanc_that_refuses_everything_starts_all_the_same(plugin: Any, logged: list[str]) -> None:
    assert plugin.HELD == []
    assert len(logged) == 1
    assert logged[0].startswith("AutoContour does not work")


def test_a_request_reaches_the_gateway_with_the_headers_that_it_needs_and_no_others(
    plugin: Any, gateway: AnsweringServer
) -> None:
    headers = {"Host": "pacs.example", "Origin": "http://pacs.example", "Authorization": "Basic x", "Cookie": "y"}
    output = asked(proxy_to(plugin, gateway.url), get={"State": "done%2Cfailed"}, headers=headers)
    assert (output.status, json.loads(output.body)) == (200, {"Status": "ok"})
    path, passed = gateway.seen[0]
    assert path == "/autocontour/health?State=done%2Cfailed"
    assert {name.lower() for name in passed} == {"host", "origin", "accept-encoding"}
    assert "X-Odd" not in output.headers


@pytest.mark.parametrize(
    ("authorization", "passed"),
    [
        (None, "user=u&State=done"),
        ({"TokenGetArguments": ["user", "key"]}, "State=done"),
        ({"TokenGetArguments": "user"}, "State=done"),
        ({"WebService": "http://localhost"}, "user=u&State=done"),
        ("odd", "user=u&State=done"),
    ],
)
def test_tokens_in_addresses_are_for_orthanc_and_go_no_further(
    plugin: Any, gateway: AnsweringServer, authorization: object, passed: str
) -> None:
    configuration = {"AutoContour": {"Gateway": gateway.url}, "Authorization": authorization}
    plugin.orthanc.GetConfiguration = lambda: json.dumps(configuration)
    proxy = plugin.Plugin().proxy
    threading.Thread(target=proxy.work, daemon=True).start()
    asked(proxy, get={"token": "t", "user": "u", "State": "done"})
    asked(proxy, get={"token": "t"})
    assert [path for path, _ in gateway.seen] == [f"/autocontour/health?{passed}", "/autocontour/health"]


def test_a_gateway_that_is_not_there_is_503_with_the_reason(plugin: Any) -> None:
    output = asked(proxy_to(plugin, f"http://127.0.0.1:{free_port()}"))
    assert (output.status, json.loads(output.body)["Message"]) == (503, "It is being started.")
    assert output.headers["Retry-After"] == "5"


def test_what_a_client_has_already_is_asked_with_its_tag_and_answered_so(plugin: Any, gateway: AnsweringServer) -> None:
    gateway.status, gateway.headers["ETag"] = 304, '"a"'
    output = asked(proxy_to(plugin, gateway.url), headers={"If-None-Match": '"a"', "Last-Event-ID": "a"})
    assert (output.status, output.headers["ETag"]) == (304, '"a"')
    passed = {name.lower(): value for name, value in gateway.seen[0][1].items()}
    assert (passed["if-none-match"], passed["last-event-id"]) == ('"a"', "a")


def test_an_answer_of_somebody_before_the_gateway_is_not_the_gateway_s(plugin: Any, gateway: AnsweringServer) -> None:
    gateway.status = 302
    output = asked(proxy_to(plugin, gateway.url))
    assert (output.status, json.loads(output.body)["Error"]) == (503, "GATEWAY_UNAVAILABLE")


@pytest.mark.parametrize(("answered", "status"), [(404, 404), (409, 409), (422, 422), (429, 400), (599, 500)])
def test_a_status_that_orthanc_has_no_name_for_becomes_one_of_its_kind(
    plugin: Any, gateway: AnsweringServer, answered: int, status: int
) -> None:
    gateway.status = answered
    assert asked(proxy_to(plugin, gateway.url)).status == status


def test_a_method_that_is_not_taken_is_said_in_orthanc_s_own_way(plugin: Any, gateway: AnsweringServer) -> None:
    gateway.status, gateway.headers = 405, {"Allow": "POST"}
    output = asked(proxy_to(plugin, gateway.url))
    assert (output.status, output.headers["Allow"]) == (405, "POST")


def test_a_body_above_four_megabytes_is_refused_here(plugin: Any, gateway: AnsweringServer) -> None:
    output = asked(proxy_to(plugin, gateway.url), method="POST", body=b" " * (plugin.MAX_BODY_BYTES + 1))
    assert (output.status, json.loads(output.body)["Error"]) == (413, "TOO_LARGE")
    assert gateway.seen == []


def test_who_comes_when_all_places_are_taken_is_refused_at_once(plugin: Any, gateway: AnsweringServer) -> None:
    output = asked(proxy_to(plugin, gateway.url, callers=0))
    assert (output.status, json.loads(output.body)["Error"]) == (503, "BUSY")


def test_a_request_that_cannot_be_passed_on_costs_no_thread(
    plugin: Any, gateway: AnsweringServer, logged: list[str]
) -> None:
    proxy = proxy_to(plugin, gateway.url)
    odd = asked(proxy, headers={"Host": "a\r\nb"})
    assert (odd.status, json.loads(odd.body)["Error"]) == (400, "BAD_REQUEST")
    assert "could not be passed on" in logged[-1]
    assert asked(proxy).status == 200, "by the same thread"


def test_news_notify_the_gateway_and_a_dead_gateway_ends_no_thread(plugin: Any, gateway: AnsweringServer) -> None:
    dead = plugin.Notifier(plugin.Address([f"http://127.0.0.1:{free_port()}"]))
    alive = plugin.Notifier(plugin.Address([gateway.url]))
    threads = [threading.Thread(target=one.run, daemon=True) for one in (dead, alive)]
    for thread in threads:
        thread.start()
    for one in (dead, alive):
        one.notify()
        one.notify()
    told = threading.Event()
    while not gateway.seen:
        told.wait(0.02)
    assert gateway.seen[0][0] == "/internal/bell"
    for one in (dead, alive):
        one.stop()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()


def test_a_gateway_that_cannot_be_started_is_a_reason(plugin: Any, tmp_path: Path) -> None:
    gateway = plugin.Gateway([str(tmp_path / "nothing")], {}, plugin.Address([]), {})
    assert gateway.unavailable_reason == "The gateway is starting."
    supervisor = threading.Thread(target=gateway.supervise, daemon=True)
    supervisor.start()
    pause = threading.Event()
    while "could not be started" not in gateway.unavailable_reason:
        pause.wait(0.02)
    gateway.stop()
    supervisor.join(SECONDS)
    assert not supervisor.is_alive()


def test_each_gateway_has_a_folder_of_its_own_and_the_last_leaves_none(
    plugin: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Whatever cleans up /tmp took the first one's: it ends, and the next is reached at another address.
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    code = "import json, os, pathlib; told = json.loads(input()); pathlib.Path(told['Socket']).touch(); input()"
    address = plugin.Address([])
    gateway = plugin.Gateway([sys.executable, "-c", code], {}, address, {})
    supervisor = threading.Thread(target=gateway.supervise, daemon=True)
    supervisor.start()
    pause, seen = threading.Event(), list[str]()
    for _ in range(2):
        while not address.socket_path or address.socket_path in seen or not Path(address.socket_path).exists():
            pause.wait(0.02)
        seen.append(address.socket_path)
        shutil.rmtree(Path(seen[-1]).parent)
        gateway._child.kill()
    gateway.stop()
    supervisor.join(SECONDS)
    assert not supervisor.is_alive()
    assert list(tmp_path.iterdir()) == []


def test_where_no_temporary_folder_takes_one_another_place_does(
    plugin: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    made, full = plugin.tempfile.mkdtemp, {str(tmp_path / "missing"), "/tmp", "/var/tmp"}

    def mkdtemp(prefix: str, dir: str) -> str:  # noqa: A002 - named as Python's
        if dir in full:
            raise OSError(28, "No space left on device", dir)
        return str(made(prefix=prefix, dir=tmp_path))

    monkeypatch.setattr(plugin.tempfile, "mkdtemp", mkdtemp)
    assert Path(plugin.fresh_folder()).parent == tmp_path, "in shared memory, as a container may have nothing else"
    full.add("/dev/shm")
    gateway = plugin.Gateway([sys.executable], {}, plugin.Address([]), {})
    assert "/dev/shm" in gateway._run_once(), "a reason, and tried again"


@pytest.mark.parametrize(
    ("folder", "interpreter"),
    [
        ("checkout", "checkout/.venv/bin/python"),
        ("env/lib/python3.13/site-packages", "env/bin/python"),
        ("src/site/code", "src/site/code/.venv/bin/python"),
    ],
)
def test_the_gateway_runs_in_the_environment_that_the_file_lies_in(
    folder: str, interpreter: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AUTOCONTOUR_PYTHON", raising=False)
    file = tmp_path / folder / "plugin" / "orthanc_plugin.py"
    file.parent.mkdir(parents=True)
    shutil.copy(PLUGIN, file)
    link = tmp_path / "orthanc_plugin.py"
    link.symlink_to(file)
    for path in (file, link):
        command = loaded(path, monkeypatch, []).gateway_command()
        assert command[0] == str(tmp_path / interpreter)
        assert command[1:3] == ["-I", "-u"]
        assert command[-1] == str(tmp_path / folder), "where it finds the code"


def test_another_interpreter_can_be_named(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOCONTOUR_PYTHON", "/site/python")
    assert plugin.gateway_command()[0] == "/site/python"
    monkeypatch.setenv("AUTOCONTOUR_PYTHON", "python3.14")
    assert plugin.gateway_command()[0] == "python3.14", "looked for on PATH"


def test_what_the_gateway_says_is_in_orthanc_s_log_with_its_level(plugin: Any, logged: list[str]) -> None:
    lines = r"<6>begun\n<4>look\n<3>broken \xc3\xa9\nTraceback of\0somebody\n\xff\n"
    code = f"import sys; sys.stdin.readline(); sys.stderr.buffer.write(b'{lines}'); sys.stderr.flush(); input()"
    gateway = plugin.Gateway([sys.executable, "-c", code], {}, plugin.Address([]), {})
    supervisor = threading.Thread(target=gateway.supervise, daemon=True)
    supervisor.start()
    pause = threading.Event()
    while len(logged) < 6:  # the first is of the file itself, whose Orthanc knows nothing else
        pause.wait(0.02)
    gateway.stop()
    supervisor.join(SECONDS)
    assert not supervisor.is_alive()
    assert logged[1:] == [
        "info: AutoContour: begun",
        "warning: AutoContour: look",
        "AutoContour: broken é",
        "warning: AutoContour: Traceback of somebody",
        "warning: AutoContour: �",
    ]


def test_the_next_address_is_asked_when_one_does_not_answer(plugin: Any, gateway: AnsweringServer) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    address = plugin.Address([away, gateway.url])
    assert [address.request("GET", "/x", {})[0] for _ in range(3)] == [200, 200, 200]
    gateway.close()
    with pytest.raises(OSError, match="refused"):
        address.request("GET", "/x", {})


def test_one_that_takes_a_request_and_does_not_answer_is_not_asked_next(plugin: Any, gateway: AnsweringServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = plugin.Address([f"http://127.0.0.1:{silent.getsockname()[1]}", gateway.url])
        with pytest.raises(TimeoutError):
            address.request("POST", "/x", {}, timeout=0.2)
        assert gateway.seen == [], "what may have been done is not asked for again"
        assert address.request("POST", "/x", {})[0] == 200


def test_the_token_is_read_for_each_request_and_nothing_of_a_caller_takes_its_place(
    plugin: Any, gateway: AnsweringServer, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("first-token-0000\n")
    address = plugin.Address([gateway.url], str(file), told={"orthanc-passwords": "true"})
    proxy = plugin.Proxy(address, lambda: "It is being started.", 4)
    threading.Thread(target=proxy.work, daemon=True).start()
    theirs = {"Authorization": "Bearer theirs", "Orthanc-Passwords": "false", "Host": "pacs"}
    asked(proxy, headers=theirs)
    file.write_text("other-token-0000\n")
    asked(proxy, headers=theirs)
    plugin.Notifier(address)._address.request("POST", "/internal/bell", {})
    shown = [{name.lower(): text for name, text in seen.items()} for _, seen in gateway.seen]
    tokens = ["Bearer first-token-0000", "Bearer other-token-0000", "Bearer other-token-0000"]
    assert [one["authorization"] for one in shown] == tokens
    assert {one["orthanc-passwords"] for one in shown} == {"true"}
    gateway.status = 401
    assert "GatewayTokenFile" in json.loads(asked(proxy).body)["Message"]
