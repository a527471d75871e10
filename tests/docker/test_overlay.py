"""The overlay on top of an image that is configured by variables: the demo's CT becomes an RTSTRUCT in it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from model.samples.build import demo_series
from tests.builders.orthanc_process import AXIAL_CT, CHECKOUT, free_port, until

BASE, IMAGE = "autocontour-overlay-base", "autocontour-overlay"


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (arguments, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout.strip()


@pytest.fixture(scope="module")
def image() -> str:
    """The overlay over a stand-in for the hospital's image."""
    docker("build", "-q", "-t", BASE, str(CHECKOUT / "tests/docker/overlay-base"))
    file = str(CHECKOUT / "docker/overlay/Dockerfile")
    docker("build", "-q", "-f", file, "--build-arg", f"BASE={BASE}", "-t", IMAGE, str(CHECKOUT))
    return IMAGE


# The same section said in the two ways that the page shows.
SAID = {
    "by variables": {
        "ORTHANC__AUTO_CONTOUR__RULES": json.dumps([AXIAL_CT]),
        "ORTHANC__AUTO_CONTOUR__QUIET_SECONDS": "2",
    },
    "as JSON": {"ORTHANC_JSON": json.dumps({"AutoContour": {"Rules": [AXIAL_CT], "QuietSeconds": 2}})},
}


@pytest.fixture(params=sorted(SAID))
def hospital(request: pytest.FixtureRequest, image: str) -> Iterator[str]:
    """Give the address of a container that was told what to contour."""
    port = free_port()
    open_to_us = {"ORTHANC__REMOTE_ACCESS_ALLOWED": "true", "ORTHANC__AUTHENTICATION_ENABLED": "false"}
    variables = [f"--env={name}={text}" for name, text in (SAID[request.param] | open_to_us).items()]
    container = docker("run", "--detach", f"--publish=127.0.0.1:{port}:8042", *variables, image)
    yield f"http://127.0.0.1:{port}"
    status = (docker("stop", "--time=20", container), docker("inspect", "-f", "{{.State.ExitCode}}", container))[1]
    docker("rm", container)
    assert status == "0"


def test_a_series_becomes_an_rtstruct(hospital: str) -> None:
    def is_well() -> bool:
        try:
            return requests.get(f"{hospital}/autocontour/health", timeout=10).status_code == 200
        except requests.RequestException:
            return False

    until(is_well, "auto-contouring is up in the container", 240, 1.0)
    series = ""
    for path in sorted(demo_series().glob("*.dcm")):
        stored = requests.post(f"{hospital}/instances", data=path.read_bytes(), timeout=60)
        series = stored.json()["ParentSeries"]

    def ended() -> Any:
        jobs = requests.get(f"{hospital}/autocontour/jobs?Series={series}", timeout=60).json()
        return jobs and jobs[0]["State"] not in ("waiting", "running") and jobs[0]

    job = until(ended, "the job ends", 300, 1.0)
    assert job["State"] == "done", job["Error"]
    assert job["Rtstruct"]
