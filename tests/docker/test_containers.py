"""The compose files as they are: the demo's CT becomes an RTSTRUCT, alone and through the service."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pydicom
import pytest

from model.samples.build import demo_series
from tests.builders.orthanc_process import until
from tests.docker.conftest import PASSWORD, Composition, composition

SNIFFER = """
import os, select, socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
print("listening", file=sys.stderr, flush=True)
while True:
    ready, _, _ = select.select([wire, 0], [], [])
    if 0 in ready and not os.read(0, 1):
        break
    if wire in ready:
        sys.stdout.buffer.write(wire.recv(65535))
"""
# Everything that lies in the spool, as long as something does, and until nothing has for a while.
SPOOL_READER = """
import pathlib, sys, time
seen, quiet = set(), time.time() + 40
while time.time() < quiet:
    for path in pathlib.Path("/spool").rglob("*"):
        try:
            if path.is_file() and path.name not in seen:
                sys.stdout.buffer.write(path.name.encode() + path.read_bytes())
                seen.add(path.name)
                quiet = time.time() + 5
        except OSError:
            continue
"""
KNOCK = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2)
    print("open")
except OSError:
    print("closed")
"""


def read_all(stream: Any, into: bytearray) -> None:
    while chunk := stream.read(1 << 20):
        into += chunk


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


def assert_confined(seen: Any) -> None:
    assert seen["Config"]["User"] not in ("", "root", "0")
    assert seen["HostConfig"]["ReadonlyRootfs"]
    assert seen["HostConfig"]["CapDrop"] == ["ALL"]
    assert PASSWORD not in str(seen["Config"]), "secrets are files"
    assert not [one for one in seen["Config"]["Env"] if "TOKEN" in one or "PASSWORD" in one]


def test_the_containers_run_confined_and_healthy(alone: Composition) -> None:
    assert_confined(alone.inspect("orthanc"))
    until(lambda: alone.inspect("orthanc")["State"]["Health"]["Status"] == "healthy", "Orthanc is healthy", 30)
    owner, mode = alone.run("exec", "orthanc", "stat", "-c", "%U %a", "/run/autocontour/users.json").split()
    assert (owner, mode) == ("orthanc", "600")


def test_the_containers_of_hospital_and_service_run_confined_and_healthy(forward: Composition) -> None:
    for service in ("orthanc", "service", "relay"):
        assert_confined(forward.inspect(service))
    for service in ("orthanc", "service"):
        until(lambda: forward.inspect(service)["State"]["Health"]["Status"] == "healthy", "it is healthy", 30)  # noqa: B023
    for secret in ("server.key", "signing.key", "service.json"):
        assert forward.run("exec", "service", "stat", "-c", "%u %a", f"/run/autocontour/{secret}").split() == [
            "10001",
            "600",
        ]


def test_torch_is_there_without_cuda(forward: Composition) -> None:
    said = forward.run("exec", "service", "python", "-c", "import torch; print(torch.__version__, torch.version.cuda)")
    assert said.split()[1] == "None"
    assert "+cpu" in said


def test_through_the_service_nothing_identifying_is_seen_in_its_network(forward: Composition) -> None:
    command = ["docker", "run", "--rm", "--user", "0", "--network", f"container:{forward.container('service')}"]
    command += ["autocontour-service", "python", "-c", SNIFFER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as sniffer:
        assert sniffer.stderr is not None
        assert sniffer.stderr.readline() == b"listening\n"
        seen = bytearray()
        reading = threading.Thread(target=read_all, args=(sniffer.stdout, seen))
        reading.start()
        job = send_demo(forward)
        assert job["State"] == "done", (job["Error"], forward.run("logs", "service"))
        assert sniffer.stdin is not None
        sniffer.stdin.close()
        reading.join(30)
    assert len(seen) > 1_000_000, "the series went by"
    disk = subprocess.run(
        ["docker", "exec", forward.container("service"), "sh", "-c", "cd /var/lib/autocontour; cat $(find . -type f)"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert len(disk) > 1000
    logs = forward.run("logs", "service", "relay").encode()
    words = words_of_the_patient()
    assert len(words) >= 5
    for word in words:
        assert word not in seen
        assert word not in disk
        assert word not in logs
    assert forward.run("exec", "service", "find", "/spool", "-type", "f") == ""


def test_what_the_service_is_sent_holds_nothing_of_the_patient_inside_tls_either(forward: Composition) -> None:
    """The capture above is of TLS; here the spool is read while the images lie in it."""
    watching = ["docker", "exec", forward.container("service"), "python", "-c", SPOOL_READER]
    with subprocess.Popen(watching, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        seen = bytearray()
        reading = threading.Thread(target=read_all, args=(reader.stdout, seen))
        reading.start()
        # The same series again: deleted first, so that it is a new one to the gateway.
        for series in forward.json("/series"):
            forward.delete(f"/series/{series}")
        assert send_demo(forward)["State"] == "done"
        reading.join(60)
    assert b"DICM" in seen
    assert b"PSN-" in seen
    for word in words_of_the_patient():
        assert word not in seen


def test_the_networks_meet_at_one_port(forward: Composition) -> None:
    def networks(service: str) -> set[str]:
        return {name.rpartition("_")[2] for name in forward.inspect(service)["NetworkSettings"]["Networks"]}

    assert networks("service") == {"between"}
    assert networks("orthanc") == {"hospital"}
    assert networks("relay") == {"between", "hospital"}
    addresses = [one["IPAddress"] for one in forward.inspect("orthanc")["NetworkSettings"]["Networks"].values()]
    for host, port in [(address, port) for address in addresses for port in (8042, 4242)] + [("192.0.2.1", 443)]:
        said = forward.run("exec", "service", "python", "-c", KNOCK, host, str(port))
        assert said.strip() == "closed", (host, port)
