"""Containers for the tests of this folder; collected only by ``make test-docker``, which sets AUTOCONTOUR_DOCKER."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from typing import Any

import requests
from pytest_docker.plugin import DockerComposeExecutor

from tests.builders.orthanc_process import CHECKOUT, free_port, until

collect_ignore_glob = [] if os.environ.get("AUTOCONTOUR_DOCKER") else ["test_*.py"]
START_SECONDS = 240
PASSWORD = "compose-test-password"


@dataclass
class Composition:
    """One compose file, up under a project name of its own."""

    file: str
    project: str
    http: int
    dicom: int

    def run(self, *arguments: str, check: bool = True) -> str:
        os.environ |= {
            "ORTHANC_HTTP": f"127.0.0.1:{self.http}",
            "ORTHANC_DICOM": f"127.0.0.1:{self.dicom}",
            "ORTHANC_PASSWORD": PASSWORD,
        }
        executor = DockerComposeExecutor("docker compose", [str(CHECKOUT / "docker" / self.file)], self.project)
        try:
            return bytes(executor.execute(shlex.join(arguments)) or b"").decode()
        except Exception as error:
            if check:
                raise AssertionError(f"docker compose {arguments[0]}: {error}") from error
            return ""

    def up(self) -> Composition:
        self.run("up", "--detach")
        until(self._healthy, "auto-contouring is up in the container", START_SECONDS, 1.0)
        return self

    def down(self) -> None:
        self.run("down", "--volumes", "--timeout", "20", check=False)

    def _healthy(self) -> bool:
        try:
            return self.get("/autocontour/health").status_code == 200
        except requests.RequestException:
            return False

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.http}{path}", auth=("admin", PASSWORD), timeout=60, **options)

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def delete(self, path: str) -> None:
        answer = requests.delete(f"http://127.0.0.1:{self.http}{path}", auth=("admin", PASSWORD), timeout=60)
        assert answer.status_code in (200, 404), answer.text

    def store(self, file: bytes) -> str:
        address = f"http://127.0.0.1:{self.http}/instances"
        answer = requests.post(address, data=file, auth=("admin", PASSWORD), timeout=60)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["ParentSeries"])

    def job_of(self, series: str) -> dict[str, Any]:
        def ended() -> Any:
            found = self.json(f"/autocontour/jobs?Series={series}")
            return found and found[0]["State"] not in ("waiting", "running") and found[0]

        return dict(until(ended, "the job ends", 300, 1.0))

    def container(self, service: str, *options: str) -> str:
        return self.run("ps", "--quiet", *options, service).strip()

    def inspect(self, service: str, *options: str) -> Any:
        command = ["docker", "inspect", self.container(service, *options)]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[0]


def composition(file: str) -> Composition:
    """A composition that no other run uses."""
    http = free_port()
    return Composition(file, f"autocontour-test-{http}", http, free_port())
