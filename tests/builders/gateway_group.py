"""Gateways that no Orthanc starts (``autocontour gateway CONFIG.json``), alone or as a group on one database."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.builders.certificates import make_certificates
from tests.builders.orthanc_process import AXIAL_CT, CHECKOUT, START_SECONDS, OrthancProcess, free_port, until

COMMAND = (sys.executable, "-m", "plugin.cli", "gateway")
# As a service manager waits before it starts a process again that ended by itself.
AGAIN_SECONDS = 1.0
STOP_SECONDS = 20
MOST_ENDS = 5
QUICK = {"QuietSeconds": 0.6, "IncompleteSeconds": 1.5, "Rules": [AXIAL_CT]}


@dataclass
class GatewayProcess:
    """One gateway elsewhere; what ends by itself is started again, as a service manager does it."""

    directory: Path
    orthanc: str
    token_file: Path
    section: Mapping[str, Any] = field(default_factory=dict)
    # Keys of "Listen" beside those that are always there; certificates lie in ``tls`` (server.pem, server.key, ca.pem).
    listen: Mapping[str, Any] = field(default_factory=dict)
    tls: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    # What is run with the folder of the configuration; and whether it is started again when it ended by itself.
    command: Sequence[str] = COMMAND
    again: bool = True
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    # Exit statuses of what ended by itself.
    ended: list[int] = field(default_factory=list)
    _wanted: bool = False

    @property
    def url(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://localhost:{self.port}"

    @property
    def state(self) -> Path:
        return self.directory / "state"

    @property
    def log(self) -> Path:
        return self.directory / "gateway.log"

    @property
    def configuration(self) -> dict[str, Any]:
        listen: dict[str, Any] = {
            "Orthanc": {"Url": self.orthanc},
            "Host": "127.0.0.1",
            "Port": self.port,
            "TokenFile": str(self.token_file),
        }
        if self.tls is not None:
            listen["Tls"] = {"CertificateFile": str(self.tls / "server.pem"), "KeyFile": str(self.tls / "server.key")}
        section = QUICK | {"StateDirectory": str(self.state), "Listen": listen | dict(self.listen)} | dict(self.section)
        return {"AutoContour": section}

    def start(self, *, wait: bool = True) -> GatewayProcess:
        """Start it; ``wait`` until it works."""
        (self.directory / "config").mkdir(parents=True, exist_ok=True)
        (self.directory / "config" / "autocontour.json").write_text(json.dumps(self.configuration))
        self._wanted = True
        self._start()
        threading.Thread(target=self._start_again, args=(self.process,), daemon=True).start()
        if wait:
            self.wait()
        return self

    def _start(self) -> None:
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT)} | dict(self.environment)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, str(self.directory / "config")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def _start_again(self, process: subprocess.Popen[bytes]) -> None:
        while True:
            status = process.wait()
            if not self.again:
                self.ended.append(status)
                return
            if not self._wanted or self.process is not process:
                return
            self.ended.append(status)
            time.sleep(AGAIN_SECONDS)
            if not self._wanted or self.process is not process:
                return
            self._start()
            process = self.running

    @property
    def running(self) -> subprocess.Popen[bytes]:
        assert self.process is not None, "it was started"
        return self.process

    @property
    def pid(self) -> int:
        return self.running.pid

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait(self) -> None:
        """Wait until it works."""

        def works() -> bool:
            assert len(self.ended) < MOST_ENDS, f"it ends by itself; log:\n{self.tail()}"
            try:
                return self.get("/autocontour/health").status_code == 200
            except requests.RequestException:
                return False

        until(works, f"the gateway works; its log is {self.log}", START_SECONDS, 0.1)

    def stop(self) -> None:
        """Tell it to stop, as a service manager does, and wait; returns when it has left in order."""
        self._wanted = False
        if not self.alive:
            return
        self.running.send_signal(signal.SIGCONT)
        self.running.send_signal(signal.SIGTERM)
        try:
            self.running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the gateway did not stop within {STOP_SECONDS} s; log:\n{self.tail()}") from None

    def kill(self) -> None:
        """End it with SIGKILL; it stays down until it is started."""
        self._wanted = False
        if self.alive:
            self.running.kill()
            self.running.wait()

    def freeze(self) -> None:
        """Stop its time (SIGSTOP), and that of no worker."""
        self.running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.running.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def tail(self, lines: int = 60) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    # --- what the plugin would ask --------------------------------------------------------------------------------

    @property
    def token(self) -> str:
        return self.token_file.read_text().split()[0]

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.ask("POST", path, **options)

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Ask as the plugin does, with the token."""
        headers = {"Authorization": f"Bearer {self.token}"} | dict(options.pop("headers", {}))
        verify = None if self.tls is None else str(self.tls / "ca.pem")
        return requests.request(method, self.url + path, headers=headers, verify=verify, timeout=60, **options)

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()


class GatewayGroup:
    """``count`` gateways, each with a folder of its own, on one Orthanc and one database (none: a lone SQLite)."""

    def __init__(
        self,
        directory: Path,
        count: int = 1,
        *,
        database: str | None = None,
        section: Mapping[str, Any] | None = None,
        tls: bool = False,
        options: Mapping[str, Any] | None = None,
        orthanc: OrthancProcess | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """``section`` is the AutoContour of each; ``options`` are Orthanc's own keys, unless one is given."""
        assert count == 1 or database is not None, "several gateways need a database"
        directory.mkdir(parents=True, exist_ok=True)
        token = secrets.token_hex(32)
        # The gateways' file, and the one of Orthanc's plugin.
        self.token_file, self.plugin_token_file = directory / "tokens", directory / "token"
        for file in (self.token_file, self.plugin_token_file):
            file.write_text(token + "\n")
        self.tls = directory / "tls" if tls else None
        if self.tls is not None:
            make_certificates(self.tls)
        shared: dict[str, Any] = dict(section or {})
        if database is not None:
            key = directory / "vault.key"
            key.write_bytes(secrets.token_bytes(32))
            key.chmod(0o600)
            shared = {"Database": database, "Privacy": {"VaultKeyFile": str(key)}} | shared
        self.orthanc = orthanc or OrthancProcess(directory / "orthanc", options=options or {})
        self.gateways = [
            GatewayProcess(
                directory / f"gateway{number}",
                self.orthanc.url,
                self.token_file,
                section=shared,
                tls=self.tls,
                environment=environment or {},
            )
            for number in range(count)
        ]
        self.orthanc.section = self.named()

    def named(self, urls: Sequence[str] | None = None) -> dict[str, Any]:
        """The section of an Orthanc whose gateways are these, or are behind ``urls`` (a proxy)."""
        ca = {} if self.tls is None else {"GatewayCaFile": str(self.tls / "ca.pem")}
        places = list(urls) if urls is not None else [one.url for one in self.gateways]
        return {"Gateway": places, "GatewayTokenFile": str(self.plugin_token_file)} | ca

    def start(self) -> GatewayGroup:
        """Start Orthanc and the gateways, and wait until all of them work."""
        try:
            self.orthanc.start(wait_for_gateway=False)
            for one in self.gateways:
                one.start(wait=False)
            for one in self.gateways:
                one.wait()
            self.orthanc.wait_for_gateway()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop all of them, Orthanc last; gateways that hang are killed."""
        self.orthanc.stop()
        for one in self.gateways:
            if one.alive:
                one.thaw()
                one.kill()
