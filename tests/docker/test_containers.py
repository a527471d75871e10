"""The compose files as they are: the demo's CT becomes an RTSTRUCT, alone and through the service."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pydicom
import pytest

from model.samples.build import demo_series
from tests.builders.orthanc_process import until
from tests.docker.conftest import PASSWORD, Composition, composition

SNIFFER = """
import os, select, socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
print("ready", file=sys.stderr, flush=True)
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
print("ready", file=sys.stderr, flush=True)
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


# What the kernel grants each process of a container: its rights, and how much core file it may write (proc(5)).
ASK_KERNEL = """
import json, pathlib
found = []
for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        limits = (process / "limits").read_text().splitlines()
    except OSError:
        continue
    core = next(line for line in limits if "core file size" in line).split()[4:6]
    found.append([status[name].strip() for name in ("Name", "CapEff", "CapBnd", "NoNewPrivs")] + core)
try:
    pathlib.Path("/opt/autocontour/written").write_text("x")
    found.append("the root is writable")
except OSError:
    pass
print(json.dumps(found))
"""


def assert_confined(seen: Any) -> None:
    assert seen["Config"]["User"] not in ("", "root", "0")
    assert seen["HostConfig"]["ReadonlyRootfs"]
    assert seen["HostConfig"]["CapDrop"] == ["ALL"]
    assert not seen["HostConfig"]["CapAdd"]
    assert not seen["HostConfig"]["Privileged"]
    assert "no-new-privileges:true" in seen["HostConfig"]["SecurityOpt"]
    assert {"Name": "core", "Soft": 0, "Hard": 0} in seen["HostConfig"]["Ulimits"]
    assert PASSWORD not in str(seen["Config"]), "secrets are files"
    assert not [one for one in seen["Config"]["Env"] if "TOKEN" in one or "PASSWORD" in one]


def assert_kernel_confines(machine: Composition, service: str, *names: str) -> None:
    """Every process in the container, as the kernel sees it, and those that must be among them."""
    said = json.loads(machine.run("exec", "-T", service, "python", "-c", ASK_KERNEL))
    assert set(names) <= {one[0] for one in said}
    assert {tuple(one[1:]) for one in said} == {("0" * 16, "0" * 16, "1", "0", "0")}


def test_the_kernel_grants_the_containers_nothing_and_writes_no_core_file(
    alone: Composition, forward: Composition
) -> None:
    assert_kernel_confines(alone, "orthanc", "Orthanc", "python")
    assert_kernel_confines(forward, "orthanc", "Orthanc", "python")
    assert_kernel_confines(forward, "service", "python")
    assert_kernel_confines(forward, "relay", "python")


def test_a_crash_in_the_container_leaves_no_file(forward: Composition) -> None:
    crash = "cd /tmp && python -c 'import os; os.abort()'; ls -A /tmp"
    left = forward.run("exec", "-T", "service", "sh", "-c", crash).split()
    assert [name for name in left if name.startswith("core")] == []


def test_what_makes_the_secrets_has_no_network_and_few_rights(alone: Composition) -> None:
    seen = alone.inspect("secrets", "--all")
    assert seen["HostConfig"]["NetworkMode"] == "none"
    assert seen["HostConfig"]["ReadonlyRootfs"]
    assert sorted(one.removeprefix("CAP_") for one in seen["HostConfig"]["CapAdd"]) == [
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
    ]
    assert seen["State"]["ExitCode"] == 0


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


@contextmanager
def output_of(*command: str, ends_with_input: bool) -> Iterator[bytearray]:
    """What a command writes while the block runs, and what it still has to say after it."""
    pipe = subprocess.PIPE
    seen = bytearray()
    with subprocess.Popen(["docker", *command], stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        assert process.stderr.readline() == b"ready\n"
        reading = threading.Thread(target=read_all, args=(process.stdout, seen))
        reading.start()
        yield seen
        if ends_with_input:
            process.stdin.close()
        reading.join(60)
        assert not reading.is_alive()


def test_inside_the_services_network_and_container_nothing_identifying_is_seen(forward: Composition) -> None:
    """What goes by is TLS; what is in it lies in the spool for a while."""
    service = forward.container("service")
    image = ["autocontour-service", "python", "-c", SNIFFER]
    capture = ["run", "--rm", "-i", "--user", "0", "--network", f"container:{service}", *image]
    spool = ["exec", "-i", service, "python", "-c", SPOOL_READER]
    with output_of(*capture, ends_with_input=True) as wire, output_of(*spool, ends_with_input=False) as images:
        job = send_demo(forward)
    assert job["State"] == "done", (job["Error"], forward.run("logs", "service"))
    assert len(wire) > 1_000_000, "the series went by"
    assert images.count(b"DICM") > 10, "the images were there"
    assert b"PSN-" in images
    disk = subprocess.run(
        ["docker", "exec", service, "sh", "-c", "cd /var/lib/autocontour; cat $(find . -type f)"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert len(disk) > 1000
    logs = forward.run("logs", "service", "relay").encode()
    words = words_of_the_patient()
    assert len(words) >= 4
    for word in words:
        for place in (wire, images, disk, logs):
            assert word not in place
    assert forward.run("exec", "service", "find", "/spool", "-type", "f") == ""


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
