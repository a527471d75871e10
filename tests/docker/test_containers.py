"""The compose files as they are: the demo's CT becomes an RTSTRUCT, alone and through the service."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pydicom
import pytest

from model.samples.build import demo_series
from tests.docker.conftest import Composition, composition

SNIFFER = """
import socket, sys, time
end, wire = time.time() + float(sys.argv[1]), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
wire.settimeout(0.5)
while time.time() < end:
    try:
        sys.stdout.buffer.write(wire.recv(65535))
    except TimeoutError:
        continue
"""


def send_demo(machine: Composition) -> dict[str, object]:
    series = ""
    for path in sorted(demo_series().glob("*.dcm")):
        series = machine.store(path.read_bytes())
    return machine.job_of(series)


def words_of_the_patient() -> list[bytes]:
    header = pydicom.dcmread(next(demo_series().glob("*.dcm")), stop_before_pixels=True)
    uids = [str(header.StudyInstanceUID), str(header.SeriesInstanceUID), str(header.FrameOfReferenceUID)]
    return [word.encode() for word in [str(header.PatientName), str(header.PatientID), *uids] if len(word) > 4]


@pytest.fixture(scope="module")
def alone() -> Iterator[Composition]:
    machine = composition("compose.yml")
    try:
        yield machine.up()
    finally:
        machine.down()


@pytest.fixture(scope="module")
def forward() -> Iterator[Composition]:
    machine = composition("compose.forward.yml")
    try:
        yield machine.up()
    finally:
        machine.down()


def test_a_hospital_alone_gets_its_contours(alone: Composition) -> None:
    job = send_demo(alone)
    assert job["State"] == "done", job["Error"]
    assert job["Rtstruct"]


def test_nobody_gets_in_without_a_password(alone: Composition) -> None:
    import requests

    assert requests.get(f"http://127.0.0.1:{alone.http}/autocontour/jobs", timeout=10).status_code == 401


@pytest.mark.parametrize("service", ["orthanc"])
def test_containers_run_without_root_and_read_only(alone: Composition, service: str) -> None:
    seen = alone.inspect(service)
    assert seen["Config"]["User"] not in ("", "root", "0")
    assert seen["HostConfig"]["ReadonlyRootfs"]
    assert seen["State"]["Health"]["Status"] in ("healthy", "starting")


def test_through_the_service_nothing_identifying_is_seen_in_its_network(forward: Composition) -> None:
    command = ["docker", "run", "--rm", "--user", "0", "--network", f"container:{forward.container('service')}"]
    command += ["autocontour-service", "python", "-c", SNIFFER, "90"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sniffer:
        time.sleep(3)
        job = send_demo(forward)
        assert job["State"] == "done", (job["Error"], forward.run("logs", "service"))
        sniffer.terminate()
        assert sniffer.stdout is not None
        subprocess.run(["docker", "ps", "-q"], check=True, capture_output=True)
        seen = sniffer.stdout.read()
    assert len(seen) > 1_000_000, "the series went by"
    disk = subprocess.run(
        ["docker", "exec", forward.container("service"), "sh", "-c", "cd /var/lib/autocontour; cat * */*"],
        capture_output=True, check=False,
    ).stdout  # fmt: skip
    assert len(disk) > 1000
    logs = forward.run("logs", "service").encode()
    for word in words_of_the_patient():
        assert word not in seen
        assert word not in disk
        assert word not in logs
    left = forward.run("exec", "service", "find", "/spool", "-type", "f")
    assert left == ""


def test_the_networks_meet_at_the_service_only(forward: Composition) -> None:
    networks = {name.rpartition("_")[2] for name in forward.inspect("service")["NetworkSettings"]["Networks"]}
    assert networks == {"between"}
    assert {name.rpartition("_")[2] for name in forward.inspect("orthanc")["NetworkSettings"]["Networks"]} == {
        "hospital",
        "between",
    }
