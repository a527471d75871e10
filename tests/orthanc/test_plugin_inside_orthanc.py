"""Whatever becomes of the gateway, Orthanc goes on: it stores, answers, stops, and says why contouring is off."""

from __future__ import annotations

import ast
import os
import signal
import sys
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.builders.orthanc_process import CHECKOUT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]


def health(orthanc: OrthancProcess) -> tuple[int, dict[str, Any]]:
    answer = orthanc.get("/autocontour/health")
    return answer.status_code, answer.json()


def assert_orthanc_works(orthanc: OrthancProcess) -> None:
    orthanc.store_all(files_of(phantom_series()[:3]))
    assert len(orthanc.json("/instances")) == 3
    assert orthanc.json("/system")["Version"]


def test_the_plugin_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse((CHECKOUT / "plugin" / "orthanc_plugin.py").read_text())
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {
        node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    }
    assert imported - sys.stdlib_module_names == {"orthanc"}


def test_the_plugin_never_calls_the_rest_api_through_the_sdk() -> None:
    source = (CHECKOUT / "plugin" / "orthanc_plugin.py").read_text()
    called = {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "orthanc"
    }
    assert called, "the plugin uses the SDK at all"
    assert not [name for name in called if name.startswith("RestApi")]


def test_a_healthy_gateway_says_so(orthanc: OrthancProcess) -> None:
    status, said = health(orthanc)
    assert status == 200
    assert said["Status"] == "ok"


def test_without_the_gateways_environment_orthanc_works_and_health_says_why(
    start_orthanc: Start, tmp_path: Path
) -> None:
    environment = {"AUTOCONTOUR_PYTHON": str(tmp_path / "not-there")}
    orthanc = start_orthanc(environment=environment, wait_for_gateway=False)
    said = until(lambda: "could not be started" in str(health(orthanc)) and health(orthanc), "the reason is shown")
    assert said[0] == 503
    assert_orthanc_works(orthanc)


def test_a_gateway_that_dies_at_once_is_started_again_ever_more_slowly(start_orthanc: Start, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    broken = script(tmp_path, f'date +%s.%N >> "{starts}"; exit 3')
    orthanc = start_orthanc(environment={"AUTOCONTOUR_PYTHON": broken}, wait_for_gateway=False)
    status, said = until(lambda: "exit status 3" in str(health(orthanc)) and health(orthanc), "the reason")
    assert status == 503
    assert "started again in" in said["Message"]
    until(lambda: len(starts.read_text().splitlines()) >= 4, "it was started four times")
    at = [float(line) for line in starts.read_text().splitlines()[:4]]
    # A crowded machine makes the pauses longer; never shorter than 1, 2 and 5 s.
    pauses = [later - earlier for earlier, later in pairwise(at)]
    assert [pause > least for pause, least in zip(pauses, (1, 2, 5), strict=True)] == [True] * 3, pauses
    assert_orthanc_works(orthanc)


def test_a_gateway_that_hangs_costs_orthanc_nothing(start_orthanc: Start) -> None:
    orthanc = start_orthanc()
    gateway = orthanc.gateway_pid()
    os.kill(gateway, signal.SIGSTOP)
    try:
        asked = threading.Thread(target=health, args=(orthanc,), daemon=True)
        asked.start()
        assert_orthanc_works(orthanc)
        assert asked.is_alive(), "who asks the gateway waits; storing waits for nobody"
    finally:
        os.kill(gateway, signal.SIGCONT)
    orthanc.wait_for_gateway()


def test_a_gateway_that_hangs_up_in_the_middle_of_a_request_does_not_take_orthanc_with_it(
    start_orthanc: Start, tmp_path: Path
) -> None:
    rude = tmp_path / "rude.py"
    rude.write_text(
        "import json, socket, sys\n"
        "path = json.loads(sys.stdin.readline())['Socket']\n"
        "listener = socket.socket(socket.AF_UNIX)\n"
        "listener.bind(path)\n"
        "listener.listen()\n"
        "while True:\n"
        "    listener.accept()[0].close()\n"
    )
    environment = {"AUTOCONTOUR_PYTHON": script(tmp_path, f'exec "{sys.executable}" "{rude}"')}
    orthanc = start_orthanc(environment=environment, wait_for_gateway=False)
    for _ in range(20):
        answer = orthanc.post("/autocontour/routing/explain", data=b"x" * 3_000_000)
        assert answer.status_code == 503
    assert_orthanc_works(orthanc)


def test_orthanc_survives_a_gateway_that_does_not_read_its_configuration(start_orthanc: Start, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    deaf = script(tmp_path, f'exec 0<&-; echo x >> "{starts}"; exit 3')
    orthanc = start_orthanc(environment={"AUTOCONTOUR_PYTHON": deaf}, wait_for_gateway=False)
    until(lambda: starts.exists() and len(starts.read_text().splitlines()) >= 3, "it was started three times")
    assert_orthanc_works(orthanc)


def test_orthanc_stops_while_the_gateway_hangs(start_orthanc: Start) -> None:
    orthanc = start_orthanc()
    gateway = orthanc.gateway_pid()
    os.kill(gateway, signal.SIGSTOP)
    orthanc.stop()
    until(lambda: not Path(f"/proc/{gateway}").exists(), "the gateway was killed")


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"QuietSecond": 3}, ["AutoContour.QuietSecond", "QuietSeconds"]),
        ({"QuietSeconds": "soon"}, ["AutoContour.QuietSeconds", "'soon'"]),
        (
            {"Rules": [{"Name": "a", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct", "Target": "clud"}}]},
            ["Rules[0].Then.Target", "local"],
        ),
        (
            {"Privacy": {"KeepPrivateTags": True}},
            ["AutoContour.Privacy.KeepPrivateTags", "private tags cannot be kept"],
        ),
    ],
)
def test_a_wrong_configuration_turns_contouring_off_and_names_the_key(
    start_orthanc: Start, section: dict[str, Any], words: list[str]
) -> None:
    orthanc = start_orthanc(section=section, wait_for_gateway=False)
    status, said = until(lambda: health(orthanc)[1].get("Reasons") and health(orthanc), "the reason is shown")
    assert status == 503
    for word in words:
        assert word in said["Message"]
    assert orthanc.get("/autocontour/jobs").status_code == 503
    assert_orthanc_works(orthanc)


def test_a_body_nested_deeper_than_any_parser_likes_harms_nobody(orthanc: OrthancProcess) -> None:
    series = "0" * 44
    deep = "[" * 100_000
    answer = orthanc.post(f"/autocontour/series/{series}/jobs", data=deep, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert orthanc.json("/system")["Version"]
    assert health(orthanc)[0] == 200


def test_unknown_routes_jobs_and_series_are_not_found(orthanc: OrthancProcess) -> None:
    for path in ("/autocontour/nothing", "/autocontour/jobs/unknown"):
        answer = orthanc.get(path)
        assert answer.status_code == 404, path
        assert set(answer.json()) == {"Error", "Message"}
    answer = orthanc.post(f"/autocontour/series/{'0' * 44}/jobs", json={"Model": "hu-ct"})
    assert answer.status_code == 404
    assert answer.json()["Error"] == "SERIES_GONE"


def test_internal_routes_are_not_reachable_from_outside(orthanc: OrthancProcess) -> None:
    assert orthanc.post("/internal/bell").status_code == 404
    assert orthanc.post("/autocontour/../internal/bell").status_code == 404


def test_orthancs_own_users_stand_in_front(start_orthanc: Start) -> None:
    options = {"AuthenticationEnabled": True, "RegisteredUsers": {"admin": "secret-of-the-test"}}
    orthanc = start_orthanc(options=options, wait_for_gateway=False)
    login = ("admin", "secret-of-the-test")
    assert orthanc.get("/autocontour/health").status_code == 401
    until(lambda: orthanc.get("/autocontour/health", auth=login).status_code == 200, "the gateway is up")
    for file in files_of(phantom_series()):
        stored = orthanc.post("/instances", data=file, auth=login).json()
    series = stored["ParentSeries"]

    def done() -> Any:
        jobs = orthanc.get("/autocontour/jobs", params={"Series": series}, auth=login).json()
        return jobs and jobs[0]["State"] == "done"

    until(done, "the gateway reaches Orthanc with the plugin's token", 180)


def script(tmp_path: Path, line: str) -> str:
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return str(path)
