"""A gateway that no Orthanc starts: reached through Orthanc over TLS, by whoever has the token and by nobody else."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from plugin.pacs.client import seconds_of
from tests.builders.certificates import make_certificates
from tests.builders.gateway_group import GatewayGroup, GatewayProcess
from tests.builders.orthanc_process import until
from tests.builders.phantom import Phantom, files_of, phantom_series


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayGroup]:
    made = GatewayGroup(tmp_path_factory.mktemp("elsewhere"), tls=True).start()
    yield made
    made.stop()


def series() -> list[bytes]:
    return files_of(phantom_series(Phantom(slices=12, size=64)))


def test_a_series_is_contoured_and_everything_is_answered_through_orthanc(group: GatewayGroup) -> None:
    orthanc, (gateway,) = group.orthanc, group.gateways
    job = orthanc.job_of(orthanc.store_all(series()))
    assert (job["State"], job["Error"]) == ("done", None)
    assert job["Rtstruct"] in [one["ID"] for one in orthanc.json("/instances?expand")]
    assert orthanc.json("/autocontour/health")["Process"] == gateway.pid
    assert orthanc.get("/autocontour/app/").status_code == 200
    assert job["EvidenceCode"] in orthanc.get(f"/autocontour/evidence/{job['EvidenceCode']}").text
    assert gateway.state.is_dir()
    assert not orthanc.state.exists()


def test_nobody_without_the_token_is_answered(group: GatewayGroup) -> None:
    gateway = group.gateways[0]
    assert group.tls is not None
    verify = str(group.tls / "ca.pem")
    wrong: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer " + secrets.token_hex(32)},
        {"Authorization": f"Basic {gateway.token}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer \xe9" + gateway.token},
        {"Cookie": f"token={gateway.token}", "X-Authorization": f"Bearer {gateway.token}"},
    ]
    for headers in wrong:
        for method, path in (
            ("GET", "/autocontour/health"),
            ("GET", "/autocontour/jobs"),
            ("GET", "/autocontour/metrics"),
            ("GET", "/autocontour/app/"),
            ("POST", "/internal/bell"),
            ("POST", "/autocontour/subjects/find"),
        ):
            answer = requests.request(
                method, gateway.url + path, headers={k: v.encode("latin-1") for k, v in headers.items()}, verify=verify
            )
            assert (answer.status_code, answer.json()["Error"]) == (401, "TOKEN_REFUSED"), (headers, path)
    assert requests.get(gateway.url + "/health", verify=verify).json() == {"Status": "ok"}
    assert gateway.post("/internal/bell").status_code == 204


def test_no_header_of_a_caller_stands_for_the_token(group: GatewayGroup) -> None:
    """Orthanc's own caller cannot speak for the plugin: neither a token nor what is told of passwords is passed on."""
    orthanc = group.orthanc
    theirs = {"Authorization": "Bearer wrong-wrong-wrong-wrong", "Orthanc-Passwords": "true", "Host": "foreign.example"}
    answer = orthanc.get("/autocontour/health", headers=theirs)
    assert (answer.status_code, answer.json()["Error"]) == (403, "FOREIGN_HOST")


def test_a_token_is_exchanged_without_a_gap(group: GatewayGroup) -> None:
    gateway, orthanc = group.gateways[0], group.orthanc
    old, new = gateway.token, secrets.token_hex(32)
    shown = group.plugin_token_file
    gateway.token_file.write_text(f"{old}\n{new}\n")
    assert orthanc.get("/autocontour/health").status_code == 200
    shown.write_text(f"{new}\n")
    assert orthanc.get("/autocontour/health").status_code == 200
    gateway.token_file.write_text(f"{new}\n")
    assert orthanc.get("/autocontour/health").status_code == 200
    assert gateway.get("/autocontour/health", headers={"Authorization": f"Bearer {old}"}).status_code == 401
    shown.write_text(f"{old}\n")
    refused = orthanc.get("/autocontour/health")
    assert (refused.status_code, refused.json()["Error"]) == (503, "GATEWAY_UNAVAILABLE")
    assert "GatewayTokenFile" in refused.json()["Message"]
    shown.unlink()
    assert "GatewayTokenFile" in orthanc.get("/autocontour/health").json()["Message"]
    shown.write_text(f"{new}\n")
    assert orthanc.get("/autocontour/health").status_code == 200


def test_an_authority_that_is_not_the_site_s_is_said(group: GatewayGroup, tmp_path: Path) -> None:
    assert group.tls is not None
    authority = group.tls / "ca.pem"
    right = authority.read_bytes()
    make_certificates(tmp_path)
    authority.write_bytes((tmp_path / "ca.pem").read_bytes())
    try:
        assert "GatewayCaFile" in group.orthanc.get("/autocontour/health").json()["Message"]
    finally:
        authority.write_bytes(right)
    assert group.orthanc.get("/autocontour/health").status_code == 200


def test_while_it_is_away_orthanc_says_so_and_what_came_is_contoured_after(group: GatewayGroup) -> None:
    orthanc, (gateway,) = group.orthanc, group.gateways
    gateway.stop()
    assert gateway.running.returncode == 0, "it stopped in order"
    away = orthanc.get("/autocontour/health")
    assert (away.status_code, away.json()["Error"]) == (503, "GATEWAY_UNAVAILABLE")
    assert (gateway.state / "stopped").exists()
    missed = orthanc.store_all(series())
    gateway.start()
    assert orthanc.job_of(missed)["State"] == "done"


def test_what_ends_by_itself_is_started_again_and_goes_on(group: GatewayGroup) -> None:
    """As under a service manager: a gateway that was killed from outside, in the middle of a job."""
    orthanc, (gateway,) = group.orthanc, group.gateways
    before = gateway.pid
    sent = orthanc.store_all(series())
    until(lambda: orthanc.jobs(Series=sent), "the job is there")
    gateway.running.send_signal(signal.SIGKILL)
    until(lambda: gateway.ended, "it has ended")
    gateway.wait()
    assert orthanc.job_of(sent)["State"] == "done"
    assert gateway.pid != before
    assert gateway.json("/autocontour/evidence/verify")["Valid"] is True


def test_an_orthanc_that_asks_for_passwords_is_asked_by_any_name(tmp_path: Path) -> None:
    options: dict[str, Any] = {"AuthenticationEnabled": True, "RegisteredUsers": {"gateway": "gateway-password"}}
    password = tmp_path / "password"
    password.write_text("gateway-password\n")
    group = GatewayGroup(tmp_path / "group", options=options)
    (gateway,) = group.gateways
    gateway.listen = {
        "Orthanc": {"Url": group.orthanc.url, "User": "gateway", "PasswordFile": str(password)},
    }
    user = ("gateway", "gateway-password")
    try:
        group.orthanc.start(wait_for_gateway=False)
        gateway.start()
        named = {"Host": "pacs.example"}
        assert group.orthanc.get("/autocontour/health", auth=user, headers=named).status_code == 200
        assert group.orthanc.get("/autocontour/health", headers=named).status_code == 401
        assert gateway.get("/autocontour/health", headers=named).json()["Error"] == "FOREIGN_HOST"
        assert "ORTHANC" not in gateway.tail()
    finally:
        group.stop()


def test_what_came_before_the_gateway_first_read_what_came_is_contoured(tmp_path: Path) -> None:
    group = GatewayGroup(tmp_path / "late")
    (gateway,), orthanc = group.gateways, group.orthanc
    try:
        gateway.start(wait=False)
        until(lambda: asks_in_vain(gateway), "it works, and its Orthanc is away")
        gateway.freeze()
        orthanc.start(wait_for_gateway=False)
        stored = orthanc.store_all(series())
        noon = orthanc.get("/tools/now").text
        until(lambda: seconds_of(orthanc.get("/tools/now").text) > seconds_of(noon) + 3, "some seconds pass", every=0.2)
        gateway.thaw()
        orthanc.wait_for_gateway()
        assert orthanc.job_of(stored)["State"] == "done"
    finally:
        group.stop()


def asks_in_vain(gateway: GatewayProcess) -> bool:
    """Whether it answers, and says that intake does not reach Orthanc."""
    try:
        answer = gateway.get("/autocontour/health").json()
    except requests.RequestException:
        return False
    return any("Orthanc" in reason for reason in answer.get("Reasons", []))
