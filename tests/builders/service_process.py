"""A real segmentation service: ``autocontour serve`` with TLS of a test authority, its own state and tmpfs spool."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from model.evidence.signing import PublicKey, SigningKey
from model.gate.manifest import Manifest
from model.service.sites import new_token
from model.service.wire import announce
from plugin.privacy.clean import CleanSeries
from tests.builders.certificates import make_certificates
from tests.builders.orthanc_process import CHECKOUT, free_port, until

MEMORY = Path("/dev/shm")
# What a crowded machine needs at most for a few seconds' work.
END_SECONDS = 300


@dataclass
class ServiceProcess:
    """One service; ``keys`` are further keys of its configuration, ``limits`` those of both its sites."""

    directory: Path
    keys: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    working_folder: Path = CHECKOUT
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    certificate: tuple[str, str] | None = None
    sites: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    spool: Path = field(default_factory=lambda: MEMORY / f"autocontour-test-{uuid.uuid4().hex}")

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        make_certificates(self.directory)
        SigningKey.load_or_create(self.state / "signing.key")  # known to gateways before the service starts
        for name in ("north", "south"):
            token, digest = new_token()
            self.tokens[name] = token
            self.sites[name] = {"TokenSha256": [digest]} | self.limits

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def ca(self) -> str:
        return str(self.directory / "ca.pem")

    @property
    def state(self) -> Path:
        return self.directory / "state"

    @property
    def log(self) -> Path:
        return self.directory / "service.log"

    @property
    def path(self) -> Path:
        return self.directory / "service.json"

    def write(self) -> None:
        configuration = {
            "Port": self.port,
            "Tls": {
                "CertificateFile": str(self.directory / "server.pem"),
                "KeyFile": str(self.directory / "server.key"),
            },
            "StateDirectory": str(self.state),
            "Spool": str(self.spool),
            "Sites": self.sites,
        }
        unfinished = self.path.with_suffix(".new")
        unfinished.write_text(json.dumps(configuration | self.keys))
        unfinished.replace(self.path)

    def start(self) -> ServiceProcess:
        self.write()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command(), str(self.path)],
                stdout=log, stderr=log, cwd=self.working_folder, env=os.environ | dict(self.environment),
            )  # fmt: skip
        until(self._answers, f"the service answers; log:\n{self.tail()}")
        return self

    def command(self) -> list[str]:
        if "FAULT" in self.environment:
            return [sys.executable, "-m", "tests.builders.faulty_service"]
        return [str(Path(sys.executable).with_name("autocontour")), "serve"]

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the service ended; log:\n{self.tail()}"
        try:
            return (
                requests.get(self.url + "/health", verify=self.ca, cert=self.certificate, timeout=2).status_code == 200
            )
        except requests.RequestException:
            return False

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def require_good_end(self, seconds: float = END_SECONDS) -> None:
        """Wait until the service has ended by itself, and say what it wrote last where it did not end well."""
        assert self.process is not None
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the service has not ended within {seconds:.0f} s; log:\n{self.tail()}") from None
        assert status == 0, f"the service ended with {status}; log:\n{self.tail()}"

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(END_SECONDS)
        shutil.rmtree(self.spool, ignore_errors=True)

    def __enter__(self) -> ServiceProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    @property
    def key(self) -> PublicKey:
        return SigningKey.load(self.state / "signing.key").public

    def left(self) -> list[Path]:
        """What lies in the spool."""
        return [path for path in self.spool.rglob("*") if path.is_file()] if self.spool.exists() else []

    def client(self, site: str = "north") -> SiteClient:
        return SiteClient(self, self.tokens[site])

    def target(self, site: str = "north", **options: Any) -> dict[str, Any]:
        """The service as a target of a gateway's configuration."""
        token = self.directory / f"{site}.token"
        token.write_text(self.tokens[site] + "\n")
        token.chmod(0o600)
        return {
            "Type": "service",
            "Url": self.url,
            "TokenFile": str(token),
            "CaFile": self.ca,
            "ServiceKey": self.key.raw.hex(),
        } | options

    def metric(self, name: str) -> float:
        text = requests.get(self.url + "/metrics", verify=self.ca, timeout=60).text
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


class SiteClient:
    """A site's plain HTTP client, which does right or wrong as the test says."""

    def __init__(self, service: ServiceProcess, token: str) -> None:
        self.service = service
        self.key = SigningKey.new()
        self.http = requests.Session()
        self.http.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.http.request(method, self.service.url + path, timeout=60, verify=self.service.ca, **options)

    def announce(
        self, manifest: Manifest, model: str = "hu-ct", transfer: str | None = None
    ) -> tuple[str, requests.Response]:
        transfer = transfer or uuid.uuid4().hex
        return transfer, self.call("POST", "/v1/transfers", json=announce(transfer, model, manifest, self.key))

    def open(self, series: CleanSeries, model: str = "hu-ct") -> str:
        transfer, answer = self.announce(series.manifest, model)
        assert answer.status_code == 201, answer.text
        return transfer

    def put(self, transfer: str, uid: str, data: Any, **headers: str) -> requests.Response:
        named = {"Content-Type": "application/dicom"} | {name.replace("_", "-"): text for name, text in headers.items()}
        return self.call("PUT", f"/v1/transfers/{transfer}/instances/{uid}", data=data, headers=named)

    def put_all(self, transfer: str, series: CleanSeries) -> None:
        for file in series:
            answer = self.put(transfer, file.sop_instance_uid, file.data)
            assert answer.status_code == 200, answer.text

    def begin(self, transfer: str) -> requests.Response:
        return self.call("POST", f"/v1/transfers/{transfer}/start")

    def status(self, transfer: str) -> dict[str, Any]:
        return dict(self.call("GET", f"/v1/transfers/{transfer}").json())

    def wait(self, transfer: str, *states: str, seconds: float = 180) -> dict[str, Any]:
        def arrived() -> Any:
            status = self.status(transfer)
            return status.get("State") in states and status

        return dict(until(arrived, f"the transfer is {states}; log:\n{self.service.tail()}", seconds))

    def fetch(self, transfer: str) -> requests.Response:
        return self.call("GET", f"/v1/transfers/{transfer}/rtstruct")

    def receipts(self, transfer: str) -> list[dict[str, Any]]:
        return list(self.call("GET", f"/v1/transfers/{transfer}/receipts").json()["Receipts"])

    def steps(self, transfer: str) -> list[str]:
        return [receipt["document"]["body"]["step"] for receipt in self.receipts(transfer)]

    def upload(self, series: CleanSeries) -> str:
        """A transfer that has everything and was not started."""
        transfer = self.open(series)
        self.put_all(transfer, series)
        return transfer

    def send(self, series: CleanSeries) -> str:
        """Everything up to the start."""
        transfer = self.upload(series)
        assert self.begin(transfer).status_code == 202
        return transfer
