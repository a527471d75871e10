"""A real Orthanc with the plugin, on free ports and with its own storage: what every Orthanc test runs against."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

CHECKOUT = Path(__file__).resolve().parents[2]
PYTHON_PLUGIN = "/usr/share/orthanc/plugins/libOrthancPython.so"
START_SECONDS = 180
# An Orthanc that does not obey SIGTERM for this long is deadlocked.
STOP_SECONDS = 15

AXIAL_CT = {
    "Name": "every axial CT",
    "When": {"Modality": "CT", "Orientation": "AXIAL"},
    "Then": {"Model": "hu-ct", "Target": "local"},
}


class Deadlock(AssertionError):
    """Orthanc did not obey SIGTERM."""


def missing() -> str:
    """What a test of a real Orthanc lacks on this machine; empty when it lacks nothing."""
    absent = [] if shutil.which("Orthanc") else ["orthanc"]
    absent += [] if Path(PYTHON_PLUGIN).exists() else ["orthanc-python"]
    return f"needs Debian's {' and '.join(absent)}: ./setup.sh test" if absent else ""


def free_port() -> int:
    """A free port below those that outgoing connections take, so that none takes it before Orthanc does."""
    while True:
        port = random.randint(10_000, 32_000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def until(condition: Callable[[], Any], what: str, seconds: float = 300, every: float = 0.05) -> Any:
    """Wait until ``condition`` gives something true, and return that."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(every)


@dataclass
class OrthancProcess:
    """One Orthanc; ``section`` is its "AutoContour", ``options`` are further keys of its configuration."""

    directory: Path
    section: dict[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    plugin: bool = True
    working_folder: Path | None = None
    http_port: int = field(default_factory=free_port)
    dicom_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def log(self) -> Path:
        return self.directory / "orthanc.log"

    @property
    def state(self) -> Path:
        return self.directory / "storage" / "autocontour"

    def configuration(self) -> dict[str, Any]:
        return {
            "Name": "test",
            "HttpPort": self.http_port,
            "DicomPort": self.dicom_port,
            "StorageDirectory": str(self.directory / "storage"),
            "HttpCompressionEnabled": False,
            "AuthenticationEnabled": False,
            "DicomAlwaysAllowStore": True,
            "DicomCheckCalledAet": False,
            "Plugins": [PYTHON_PLUGIN] if self.plugin else [],
            "PythonScript": str(CHECKOUT / "plugin" / "orthanc_plugin.py"),
            "AutoContour": {"QuietSeconds": 0.6, "IncompleteSeconds": 1.5, "Rules": [AXIAL_CT]} | self.section,
            **self.options,
        }

    def start(self, *, wait_for_gateway: bool = True) -> OrthancProcess:
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / "orthanc.json"
        path.write_text(json.dumps(self.configuration()))
        faults = {f"AUTOCONTOUR_{name}": text for name, text in self.environment.items() if name.startswith("FAULT")}
        environment = os.environ | {"TCP_NODELAY": "1"} | dict(self.environment) | faults
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["Orthanc", "--verbose", str(path)],
                stdout=log,
                stderr=log,
                cwd=self.working_folder or self.directory,
                env=environment,
            )
        try:
            until(self._answers, f"Orthanc answers; log:\n{self.tail()}", START_SECONDS)
            if self.plugin and wait_for_gateway:
                self.wait_for_gateway()
        except BaseException:
            self.kill()  # whoever asked never gets it, so nobody else would stop it
            raise
        return self

    def wait_for_gateway(self) -> None:
        until(lambda: self.get("/autocontour/health").status_code == 200, "the gateway is up", START_SECONDS, 0.1)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"Orthanc ended; log:\n{self.tail()}"
        try:
            return requests.get(self.url + "/system", timeout=2).status_code in (200, 401)
        except requests.RequestException:
            return False

    def tell_to_stop(self) -> None:
        """Let it stop by itself, which takes three seconds; ``stop`` waits for its end."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.tell_to_stop()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Deadlock(f"Orthanc did not stop within {STOP_SECONDS} s; log:\n{self.tail()}") from None

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def tail(self, lines: int = 60) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    # --- REST -------------------------------------------------------------------------------------------------

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=60, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return requests.post(self.url + path, timeout=60, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        return requests.delete(self.url + path, timeout=60, **options)

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def store(self, file: bytes) -> dict[str, Any]:
        answer = self.post("/instances", data=file)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def store_all(self, files: Iterable[bytes | Path]) -> str:
        """Store one after the other; returns the Orthanc id of the (last) series."""
        stored: dict[str, Any] = {}
        for file in files:
            stored = self.store(file.read_bytes() if isinstance(file, Path) else file)
        return str(stored["ParentSeries"])

    def wipe(self) -> None:
        """Cancel what runs, wait until it is erased, and delete every patient."""
        for job in self.jobs(State="waiting,running"):
            self.post(f"/autocontour/jobs/{job['ID']}/cancel")
        self.wipe_patients()

    def wipe_patients(self) -> None:
        """Delete every patient."""
        for patient in self.json("/patients"):
            self.delete(f"/patients/{patient}")

    # --- jobs -------------------------------------------------------------------------------------------------

    def jobs(self, **filters: str) -> list[dict[str, Any]]:
        answer = self.get("/autocontour/jobs", params=filters)
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    def job_of(self, series: str, seconds: float = 300) -> dict[str, Any]:
        """The newest job of a series, once it is final and no newer one is to come.

        On a crowded machine a slice may come after the series was taken for whole; then its next job is meant.
        """

        def ended() -> Any:
            newest = next(iter(self.jobs(Series=series)), None)
            if newest is None or newest["State"] in ("waiting", "running"):
                return None
            is_followed = newest["Error"] is not None and newest["Error"]["Code"] == "SERIES_CHANGED"
            return None if is_followed else newest

        return dict(until(ended, f"the job of the series ends; log:\n{self.tail()}", seconds))

    def rtstructs(self) -> list[str]:
        """Orthanc ids of every RTSTRUCT series."""
        return [
            series["ID"]
            for series in self.json("/series?expand")
            if series["MainDicomTags"].get("Modality") == "RTSTRUCT"
        ]

    def gateway_pid(self) -> int:
        return int(self.json("/autocontour/health")["Process"])
