"""Under which names Orthanc's door to the gateway is answered, and what a crowd before it costs Orthanc."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.builders import browser as site
from tests.builders.orthanc_process import CHECKOUT, OrthancProcess, until

Start = Callable[..., OrthancProcess]
LOGIN = ("admin", "secret-of-the-test")
WITH_PASSWORDS = {"AuthenticationEnabled": True, "RegisteredUsers": {LOGIN[0]: LOGIN[1]}}


def status(orthanc: OrthancProcess, host: str, path: str = "/autocontour/jobs") -> int:
    return orthanc.get(path, headers={"Host": host}, auth=LOGIN).status_code


def test_without_passwords_only_this_machine_s_names_are_answered(orthanc: OrthancProcess) -> None:
    for host in ("localhost", "127.0.0.1:8042", "[::1]:8042"):
        assert status(orthanc, host) == 200
    for path in ("/autocontour", "/autocontour/jobs", "/autocontour/health", "/autocontour/nothing"):
        answer = orthanc.get(path, headers={"Host": "attacker.example"})
        assert (answer.status_code, answer.json()["Error"]) == (403, "FOREIGN_HOST")


@pytest.mark.parametrize(
    ("allowed", "answered", "refused"),
    [([], ["pacs.example", "localhost"], []), (["pacs.example"], ["pacs.example:1", "localhost"], ["other.example"])],
)
def test_with_passwords_any_name_is_answered_unless_the_site_narrows_it(
    start_orthanc: Start, allowed: list[str], answered: list[str], refused: list[str]
) -> None:
    orthanc = start_orthanc(options=WITH_PASSWORDS, section={"AllowedHosts": allowed}, wait_for_gateway=False)
    until(lambda: status(orthanc, "localhost", "/autocontour/health") == 200, "the gateway is up", 180)
    assert {host: status(orthanc, host) for host in answered} == dict.fromkeys(answered, 200)
    assert {host: status(orthanc, host) for host in refused} == dict.fromkeys(refused, 403)


def test_a_wrong_configuration_is_shown_under_the_names_that_it_allows(start_orthanc: Start) -> None:
    section = {"AllowedHosts": ["pacs.example", "http://pacs.example"]}
    orthanc = start_orthanc(section=section, wait_for_gateway=False)
    until(lambda: orthanc.get("/autocontour/health").json().get("Reasons"), "the reason is shown", 180)
    answer = orthanc.get("/autocontour/health", headers={"Host": "pacs.example"})
    assert (answer.status_code, answer.json()["Error"]) == (503, "CONFIGURATION")
    assert "AutoContour.AllowedHosts[1]" in answer.json()["Message"]
    assert orthanc.get("/autocontour/app").status_code == 200, "and the page shows it"


def test_a_crowd_before_a_gateway_that_hangs_costs_orthanc_nothing(start_orthanc: Start) -> None:
    orthanc = start_orthanc()
    gateway = orthanc.gateway_pid()
    over, answers = threading.Event(), list[tuple[int, str, str]]()

    def client() -> None:
        while not over.is_set():
            answer = requests.get(orthanc.url + "/autocontour/health", timeout=120)
            if not over.is_set():  # afterwards the gateway goes on, and answers those who waited
                answers.append((answer.status_code, answer.json()["Error"], answer.headers["Retry-After"]))
            time.sleep(0.2)

    os.kill(gateway, signal.SIGSTOP)
    crowd = [threading.Thread(target=client, daemon=True) for _ in range(60)]
    try:
        for one in crowd:
            one.start()
        until(lambda: len(answers) > 100, "those who are too many are told so", 50)
        for _ in range(10):
            assert requests.get(orthanc.url + "/system", timeout=60).status_code == 200
        assert set(answers) == {(503, "BUSY", "5")}
    finally:
        over.set()
        os.kill(gateway, signal.SIGCONT)
    orthanc.wait_for_gateway()


@pytest.mark.skipif(not Path(site.NGINX).exists(), reason="needs nginx-light: ./setup.sh test")
def test_a_reverse_proxy_closes_orthanc_s_own_addresses_as_the_page_says(
    orthanc: OrthancProcess, tmp_path: Path
) -> None:
    (rules,) = re.findall(r"```nginx\n(.*?)```", (CHECKOUT / "docs" / "security.md").read_text(), re.DOTALL)
    inside = "if ($from_elsewhere) { return 403; }"
    assert inside in (CHECKOUT / "docs" / "security.md").read_text()
    with site.nginx(tmp_path / "nginx", orthanc.url, maps=rules, inside=inside) as address:
        for headers, found in (
            ({}, 200),
            ({"Origin": "https://pacs.example"}, 200),
            ({"Sec-Fetch-Site": "same-origin", "Origin": "https://other.example"}, 200),
            ({"Origin": "https://elsewhere.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": "https://pacs.example.elsewhere.example"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site", "Origin": "https://pacs.example"}, 403),
        ):
            body = '{"Level": "Study", "Query": {}}'
            answer = requests.post(address + "/tools/find", data=body, headers=headers, timeout=60)
            assert answer.status_code == found, headers
        link = {"Sec-Fetch-Site": "cross-site"}
        assert requests.get(address + "/autocontour/app/", headers=link, timeout=60).status_code == 200
