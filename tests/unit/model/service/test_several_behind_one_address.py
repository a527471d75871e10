"""Two real services behind a real HAProxy: a transfer stays with one; one that goes away costs a new transfer."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from model.errors import TargetFailed
from model.evidence.event import Event
from model.evidence.signing import SigningKey
from model.evidence.verification import verify
from plugin.cli import main as command
from plugin.privacy.clean import CleanSeries
from tests.builders.lone_gateway import LoneGateway
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import CHECKOUT, until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.service_group import HAPROXY, LAYERS, ServiceGroup
from tests.builders.service_process import ServiceProcess
from tests.builders.untouched import cleaned

pytestmark = pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed (setup.sh installs it)")
StartGroup = Callable[..., ServiceGroup]
KILLED = ("open", "take", "start", "process", "drawn", "fetched", "end")


@pytest.fixture
def start_group(tmp_path: Path) -> Iterator[StartGroup]:
    started: list[ServiceGroup] = []

    def start(*names: str, faults: dict[str, str] | None = None, **arguments: Any) -> ServiceGroup:
        made = ServiceGroup(tmp_path / f"group{len(started)}", **arguments)
        started.append(made)
        for name, fault in (faults or {}).items():
            made.services[name].environment = {"FAULT": fault}
        return made.start(*names)

    yield start
    for made in started:
        made.stop()


def small() -> CleanSeries:
    return cleaned(files_of(phantom_series(Phantom(slices=4, size=32, pixel_mm=12.0))))


def opened(service: ServiceProcess) -> float:
    return service.metric("autocontour_transfers_opened_total")


@pytest.mark.parametrize("own_addresses", [True, False], ids=["own addresses", "one address"])
@pytest.mark.parametrize("layer", LAYERS)
def test_each_transfer_lives_and_ends_at_one_service_and_both_have_work(
    start_group: StartGroup, tmp_path: Path, layer: str, own_addresses: bool
) -> None:
    group = start_group(layer=layer, own_addresses=own_addresses)
    gateways = [LoneGateway(tmp_path / f"gateway{number}", group) for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda number: gateways[number % 2].send(small()), range(6)))
    assert all(details.rois for _, details in results)
    assert opened(group.a) + opened(group.b) == 6, "each was sent once"
    assert min(opened(group.a), opened(group.b)) >= 1
    for service in group.services.values():
        assert service.left() == []
        assert service.metric("autocontour_transfers_ended_total") == opened(service)
    for gateway in gateways:
        deleted = [one for one in gateway.chain.records() if one.event is Event.REMOTE_DELETED]
        assert [one.facts["verified"] for one in deleted] == ["RECEIPT"] * 3


def test_one_gateway_that_sends_one_after_the_other_gives_both_the_same(
    start_group: StartGroup, tmp_path: Path
) -> None:
    group = start_group(layer="layer 7")
    gateway = LoneGateway(tmp_path / "gateway", group)
    for _ in range(4):
        gateway.send(small())
    assert [opened(service) for service in group.services.values()] == [2, 2]


@pytest.mark.parametrize("fault", some_of(KILLED, always=("open", "start", "end")))
def test_a_service_killed_in_any_phase_costs_one_new_transfer_elsewhere(
    start_group: StartGroup, tmp_path: Path, fault: str
) -> None:
    group = start_group(layer="layer 7", first="a", faults={"a": f"kill:{fault}"})
    gateway = LoneGateway(tmp_path / "gateway", group)
    remote = gateway.remote_job(small())
    details = gateway.forward.draw(remote)
    assert details.rois
    assert group.a.process is not None
    assert group.a.process.wait(300) == -signal.SIGKILL
    assert opened(group.b) == 1
    gateway.forward.release(remote)
    said = [
        (one.facts["verified"], "transfer" in one.facts)
        for one in gateway.chain.records()
        if one.event is Event.REMOTE_DELETED
    ]
    # Of the service that is dead nothing is proved, unless not one slice had left for it.
    sent = fault != "open"
    assert said == [("RECEIPT", False)] + ([("NOT_VERIFIED", True)] if sent else [])
    assert bool(details.warnings) == sent
    assert verify(tmp_path / "gateway" / "chain").valid
    assert group.b.left() == []


def test_a_service_that_is_back_before_the_job_ends_signs_that_it_deleted(
    start_group: StartGroup, tmp_path: Path
) -> None:
    group = start_group(first="a", faults={"a": "kill:process"})
    gateway = LoneGateway(tmp_path / "gateway", group)
    remote = gateway.remote_job(small())
    gateway.forward.draw(remote)
    group.a.environment = {}
    group.a.start()
    gateway.forward.release(remote)
    said = [one.facts for one in gateway.chain.records() if one.event is Event.REMOTE_DELETED]
    assert [one["verified"] for one in said] == ["RECEIPT", "RECEIPT"]
    assert [one["recipient_key"] for one in said] == [group.b.key.id, group.a.key.id]
    assert group.a.left() == []


def test_a_service_that_is_frozen_and_thawed_later_deletes_and_signs(start_group: StartGroup, tmp_path: Path) -> None:
    thawed = tmp_path / "thawed"
    group = start_group(first="a", faults={"a": f"hold:process:{thawed}"})
    gateway = LoneGateway(tmp_path / "gateway", group)
    remote = gateway.remote_job(small())
    assert group.a.process is not None
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(gateway.forward.draw, remote)
        until(lambda: group.a.metric("autocontour_received_instances_total") == 4, "the series lies at the service")
        group.a.process.send_signal(signal.SIGSTOP)
        try:
            assert running.result(300).rois
        finally:
            thawed.touch()
            group.a.process.send_signal(signal.SIGCONT)
    assert opened(group.b) == 1
    gateway.forward.release(remote)
    said = [one.facts for one in gateway.chain.records() if one.event is Event.REMOTE_DELETED]
    assert [(one["verified"], one["recipient_key"]) for one in said] == [
        ("RECEIPT", group.b.key.id),
        ("RECEIPT", group.a.key.id),
    ]
    assert [service.left() for service in group.services.values()] == [[], []]


def test_every_receipt_verifies_offline_by_the_operators_key_alone(
    start_group: StartGroup, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    group = start_group()
    LoneGateway(tmp_path / "gateway", group).send(small())
    kept = sorted((tmp_path / "gateway" / "receipts").rglob("*.json"))
    assert [path.stem.partition("-")[2] for path in kept] == ["DELETED", "PROCESSED", "SERVICE_KEY", "VERIFIED"]
    key = group.operator.public.raw.hex()
    for path in kept:
        assert command(["evidence", "verify", str(path), "--key", key]) == 0
    assert "Signed by the service " in capsys.readouterr().out
    stranger = SigningKey.new().public.raw.hex()
    assert command(["evidence", "verify", str(kept[0]), "--key", stranger]) != 0
    alone = tmp_path / kept[0].name
    alone.write_bytes(kept[0].read_bytes())
    assert command(["evidence", "verify", str(alone), "--key", key]) != 0
    assert command(["evidence", "verify", str(alone), "--key", key, "--certificate", str(kept[2])]) == 0


def test_nothing_is_sent_to_services_that_another_operator_signed(start_group: StartGroup, tmp_path: Path) -> None:
    group = start_group()
    group.operator = SigningKey.new()
    with pytest.raises(TargetFailed, match="OperatorKey") as refused:
        LoneGateway(tmp_path / "gateway", group).send(small())
    assert refused.value.code == "SERVICE_KEY"
    assert opened(group.a) + opened(group.b) == 0


def test_a_certificate_that_ended_is_believed_by_nobody(start_group: StartGroup, tmp_path: Path) -> None:
    group = start_group()
    for name, service in group.services.items():
        group.days = -1
        group._replica(name, service)  # read anew with each answer
    with pytest.raises(TargetFailed, match="sign the key again"):
        LoneGateway(tmp_path / "gateway", group).send(small())
    assert opened(group.a) + opened(group.b) == 0


@pytest.mark.parametrize("layer", LAYERS)
def test_a_service_that_is_told_to_stop_finishes_what_it_has_and_takes_nothing_new(
    start_group: StartGroup, tmp_path: Path, layer: str
) -> None:
    asked = tmp_path / "asked"
    group = start_group(layer=layer, first="a", keys={"DrainSeconds": 900}, faults={"a": f"hold:process:{asked}"})
    gateways = [LoneGateway(tmp_path / f"gateway{number}", group) for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(gateways[0].send, small())
        until(lambda: group.a.metric("autocontour_received_instances_total") == 4, "the series lies at the service")
        assert group.a.process is not None
        group.a.process.send_signal(signal.SIGTERM)
        until(lambda: ready(group.a) == 404, "the proxy is told")
        refused = group.a.client().announce(small().manifest)[1]
        assert (refused.status_code, refused.json()["Error"]) == (503, "DRAINING")
        assert refused.headers["Retry-After"] == "1"
        later = pool.submit(gateways[1].send, small())
        assert later.result(300)[1].rois
        asked.touch()
        assert running.result(300)[1].rois
    group.a.require_good_end()
    assert (opened(group.b), group.a.left()) == (1, [])
    deleted = [one.facts for one in gateways[0].chain.records() if one.event is Event.REMOTE_DELETED]
    assert [(one["verified"], one["recipient_key"]) for one in deleted] == [("RECEIPT", group.a.key.id)]


def test_a_service_that_cannot_finish_in_time_deletes_and_another_draws(
    start_group: StartGroup, tmp_path: Path
) -> None:
    group = start_group(first="a", keys={"DrainSeconds": 1}, faults={"a": "pause:process:600"})
    gateway = LoneGateway(tmp_path / "gateway", group)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(gateway.send, small())
        until(lambda: group.a.metric("autocontour_received_instances_total") == 4, "the series lies at the service")
        assert group.a.process is not None
        group.a.process.send_signal(signal.SIGTERM)
        assert running.result(300)[1].rois
    group.a.require_good_end()
    assert (opened(group.b), group.a.left()) == (1, [])


def ready(service: ServiceProcess) -> int:
    return requests.get(service.url + "/ready", verify=service.ca, timeout=10).status_code


def test_a_transfer_of_another_service_is_answered_with_421_and_the_way_to_its_own(start_group: StartGroup) -> None:
    group = start_group()
    north, series = group.a.client(), small()
    transfer, answer = north.announce(series.manifest)
    assert answer.json()["Replica"]["Name"] == "a"
    assert answer.headers["Location"] == f"{group.a.url}/v1/transfers/{transfer}"
    named = {"Autocontour-Replica": "a"}
    assert north.call("GET", f"/v1/transfers/{transfer}", headers=named).status_code == 200
    wrong = group.b.client().call("GET", f"/v1/transfers/{transfer}", headers=named)
    assert (wrong.status_code, wrong.json()["Error"], wrong.headers["Connection"]) == (421, "OTHER_REPLICA", "close")


def test_a_wrong_certificate_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    group = ServiceGroup(tmp_path)
    replica = group.a.keys["Replica"]
    for change in ({"Name": "c"}, {"Url": "https://other.example:8443"}, {"CertificateFile": str(tmp_path / "none")}):
        group.a.keys = {"Replica": replica | change}
        group.a.write()
        call = [sys.executable, "-m", "plugin.cli", "serve", str(group.a.path)]
        ended = subprocess.run(call, cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=False)
        assert ended.returncode == 2, ended.stderr
        assert "Replica.CertificateFile" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_the_commands_of_the_documentation_make_keys_that_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    group = ServiceGroup(tmp_path)

    def said(*arguments: str) -> str:
        assert command(["serve", *arguments]) == 0
        return capsys.readouterr().out.strip()

    operator = str(tmp_path / "made.key")
    public = said("--operator", operator)
    assert said("--operator", operator) == public
    group.a.write()
    key = said("--key", str(group.a.path))
    document = said("--operator", operator, "--sign", key, "--name", "a", "--url", group.a.url)
    (tmp_path / "a.certificate").write_text(document)
    assert json.loads(document)["document"]["body"]["key"] == key
    with group.a.start() as service:
        told = requests.get(service.url + "/v1/key", verify=service.ca, timeout=10).json()
        assert told["Replica"]["Certificate"] == json.loads(document)
