"""The overlay on top of an image that is configured by variables or files: the demo's CT becomes an RTSTRUCT in it.

OVERLAY_BASE=IMAGE names the image of a hospital; without it a stand-in for orthancteam/orthanc is built. PIP_ARGUMENTS
are handed to the overlay's Dockerfile.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from model.samples.build import demo_series
from tests.builders.orthanc_process import AXIAL_CT, CHECKOUT, free_port, until

STAND_IN, IMAGE = "autocontour-overlay-base", "autocontour-overlay"
ADMIN = ("admin", "overlay-test-password")
# The dollar is one that no image takes for a variable.
RULES = [AXIAL_CT | {"When": {"Modality": "CT", "Not": {"SeriesDescription": {"Pattern": "^scout$"}}}}]


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (arguments, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout.strip()


@pytest.fixture(scope="module")
def image() -> str:
    """The overlay over the hospital's image, or over its stand-in."""
    base = os.environ.get("OVERLAY_BASE")
    if not base:
        base = STAND_IN
        docker("build", "-q", "-t", base, str(CHECKOUT / "tests/docker/overlay-base"))
    arguments = [f"--build-arg=BASE={base}", f"--build-arg=PIP_ARGUMENTS={os.environ.get('PIP_ARGUMENTS', '')}"]
    docker("build", "-q", "-f", str(CHECKOUT / "docker/overlay/Dockerfile"), *arguments, "-t", IMAGE, str(CHECKOUT))
    return IMAGE


@dataclass(frozen=True)
class Said:
    """How the section reaches the container: by variables, by a file in /etc/orthanc, and who starts it."""

    variables: Mapping[str, str]
    file: str = ""
    user: str = "root"


SECTION = {"Rules": RULES, "QuietSeconds": 2}
# The same section in the ways that the page shows.
WAYS = {
    "by variables": Said(
        {"ORTHANC__AUTO_CONTOUR__RULES": json.dumps(RULES), "ORTHANC__AUTO_CONTOUR__QUIET_SECONDS": "2"}
    ),
    "as JSON": Said({"ORTHANC_JSON": json.dumps({"AutoContour": SECTION})}),
    "in a file": Said({}, json.dumps({"AutoContour": SECTION})),
    "partly in a file, partly by variable": Said(
        {"ORTHANC__AUTO_CONTOUR__QUIET_SECONDS": "2"}, json.dumps({"AutoContour": {"Rules": RULES}})
    ),
    "by a user who is not root": Said({"ORTHANC_JSON": json.dumps({"AutoContour": SECTION})}, user="orthanc"),
}


@dataclass(frozen=True)
class Hospital:
    """A container that was told what to contour."""

    container: str
    port: int

    def get(self, path: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.port}{path}", auth=ADMIN, timeout=60)

    def is_well(self) -> bool:
        """Whether auto-contouring answers that it is well; fails with what the container said when that has ended."""
        assert docker("inspect", "-f", "{{.State.Running}}", self.container) == "true", self.said()
        try:
            return self.get("/autocontour/health").status_code == 200
        except requests.RequestException:
            return False

    def said(self) -> str:
        done = subprocess.run(["docker", "logs", self.container], capture_output=True, text=True, check=True)
        return (done.stdout + done.stderr)[-3000:]


@pytest.fixture
def hospital(request: pytest.FixtureRequest, image: str, tmp_path: Path) -> Iterator[Hospital]:
    """Give a running container; it has to end with 0."""
    said: Said = WAYS[request.param]
    port = free_port()
    variables = {"ORTHANC__REGISTERED_USERS": json.dumps(dict([ADMIN])), **said.variables}
    options = [f"--env={name}={text}" for name, text in variables.items()]
    container = docker("create", f"--publish=127.0.0.1:{port}:8042", f"--user={said.user}", *options, image)
    if said.file:
        file = tmp_path / "autocontour.json"
        file.write_text(said.file)
        file.chmod(0o644)
        docker("cp", str(file), f"{container}:/etc/orthanc/autocontour.json")
    docker("start", container)
    yield Hospital(container, port)
    status = (docker("stop", "--time=20", container), docker("inspect", "-f", "{{.State.ExitCode}}", container))[1]
    docker("rm", container)
    assert status == "0"


@pytest.mark.parametrize("hospital", sorted(WAYS), indirect=True)
def test_a_series_becomes_an_rtstruct(hospital: Hospital) -> None:
    until(hospital.is_well, "auto-contouring is up in the container", 240, 1.0)
    assert "valid" in docker("exec", hospital.container, "autocontour", "check", "/tmp/orthanc.json")
    series = ""
    for path in sorted(demo_series().glob("*.dcm")):
        address = f"http://127.0.0.1:{hospital.port}/instances"
        series = requests.post(address, data=path.read_bytes(), auth=ADMIN, timeout=60).json()["ParentSeries"]

    def ended() -> Any:
        jobs = hospital.get(f"/autocontour/jobs?Series={series}").json()
        return jobs and jobs[0]["State"] not in ("waiting", "running") and jobs[0]

    job = until(ended, "the job ends", 300, 1.0)
    assert job["State"] == "done", job["Error"]
    assert hospital.get(f"/instances/{job['Rtstruct']}/simplified-tags").json()["Modality"] == "RTSTRUCT"
