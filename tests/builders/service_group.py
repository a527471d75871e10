"""Several real services of one operator behind a real HAProxy, configured as docs/haproxy.cfg says."""

from __future__ import annotations

import csv
import json
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from model.evidence.service_key import certify
from model.evidence.signing import SigningKey
from tests.builders.certificates import make_certificates
from tests.builders.orthanc_process import CHECKOUT, free_port, until
from tests.builders.service_process import ServiceProcess

HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
LAYERS = ("layer 4", "layer 7")


@dataclass
class ServiceGroup:
    """Two services, ``a`` and ``b``; ``first`` names the one that gets everything while it is up."""

    directory: Path
    layer: str = "layer 4"
    keys: dict[str, Any] = field(default_factory=dict)
    own_addresses: bool = True
    first: str | None = None
    port: int = field(default_factory=free_port)
    statistics: int = field(default_factory=free_port)
    days: float = 30
    haproxy: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.operator = SigningKey.load_or_create(self.directory / "operator.key")
        make_certificates(self.directory / "address")
        self.services = {name: ServiceProcess(self.directory / name) for name in ("a", "b")}
        for name, service in self.services.items():
            service.sites, service.tokens = self.a.sites, self.a.tokens
            service.keys = self.keys | {"Replica": self._replica(name, service)}
        authorities = [one.ca for one in self.services.values()] + [str(self.directory / "address" / "ca.pem")]
        self.ca = str(self.directory / "authorities.pem")
        Path(self.ca).write_bytes(b"".join(Path(one).read_bytes() for one in authorities))

    @property
    def a(self) -> ServiceProcess:
        return self.services["a"]

    @property
    def b(self) -> ServiceProcess:
        return self.services["b"]

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def _replica(self, name: str, service: ServiceProcess) -> dict[str, Any]:
        url = service.url if self.own_addresses else None
        file, now = self.directory / f"{name}.certificate", datetime.now(UTC)
        last = now + timedelta(days=self.days)
        signed = certify(name, service.key, url, now - timedelta(days=60), last, self.operator)
        file.write_text(json.dumps(signed))
        return {"Name": name, "CertificateFile": str(file)} | ({"Url": url} if url else {})

    def start(self, *names: str) -> ServiceGroup:
        for name in names or tuple(self.services):
            self.services[name].start()
        return self.start_proxy()

    def start_proxy(self) -> ServiceGroup:
        assert HAPROXY is not None, "haproxy is installed"
        if self.haproxy is not None:
            return self
        file = self.directory / "haproxy.cfg"
        file.write_text(self._configuration())
        with (self.directory / "haproxy.log").open("ab") as log:
            self.haproxy = subprocess.Popen([HAPROXY, "-db", "-f", str(file)], stdout=log, stderr=log)
        until(self._knows, "HAProxy has checked who is up")
        return self

    def _configuration(self) -> str:
        """docs/haproxy.cfg with this test's addresses."""
        address = self.directory / "address"
        pem = address / "address.pem"
        pem.write_bytes((address / "server.pem").read_bytes() + (address / "server.key").read_bytes())
        ports = {"layer 4": (self.port, free_port()), "layer 7": (free_port(), self.port)}[self.layer]
        text = (CHECKOUT / "docs" / "haproxy.cfg").read_text()
        changes = {
            "bind :8443": f"bind 127.0.0.1:{ports[0]}",
            "bind :8444": f"bind 127.0.0.1:{ports[1]}",
            "    maxconn 4000": f"    maxconn 4000\n    stats socket ipv4@127.0.0.1:{self.statistics} level user",
            "/etc/haproxy/services-ca.pem": self.ca,
            "/etc/haproxy/address.pem": str(pem),
            "10.0.0.11:8443": f"127.0.0.1:{self.a.port}",
            "10.0.0.12:8443": f"127.0.0.1:{self.b.port}",
        }
        for before, after in changes.items():
            assert before in text, before
            text = text.replace(before, after)
        if self.first is not None:
            other = "b" if self.first == "a" else "a"
            lines = [f"{line} backup" if line.startswith(f"    server {other} ") else line for line in text.split("\n")]
            text = "\n".join(lines)
        return text

    def _knows(self) -> bool:
        """Whether the proxy has checked each service, and found it up where its process runs, and not elsewhere.

        Until then it takes all to be up, asks those that are not, and gives what is for one of them to others.
        """
        assert self.haproxy is not None
        assert self.haproxy.poll() is None, (self.directory / "haproxy.log").read_text()
        checks = self._checks()
        return bool(checks) and all(
            status == ("UP" if self.services[name].running else "DOWN") for name, status in checks.items()
        )

    def _checks(self) -> dict[str, str]:
        """What the proxy has found of each service of this layer, by its own checks: UP, DOWN or what is between."""
        backend = {"layer 4": "services-tcp", "layer 7": "services-http"}[self.layer]
        try:
            with socket.create_connection(("127.0.0.1", self.statistics), timeout=10) as connection:
                connection.sendall(b"show stat\n")
                told = connection.makefile(encoding="ascii").read()
        except OSError:
            return {}
        rows = csv.DictReader(told.removeprefix("# ").splitlines())
        found = {row["svname"]: row for row in rows if row["pxname"] == backend and row["svname"] in self.services}
        # INI: not checked yet; a star: the next check is under way.
        return {name: row["status"] if row["check_status"].strip("* ") != "INI" else "" for name, row in found.items()}

    def stop(self) -> None:
        if self.haproxy is not None:
            self.haproxy.kill()
            self.haproxy.wait()
        for service in self.services.values():
            service.stop()

    def __enter__(self) -> ServiceGroup:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def target(self, **options: Any) -> dict[str, Any]:
        """The group as a target of a gateway's configuration."""
        alone = self.a.target()
        return {
            "Type": "service",
            "Url": self.url,
            "TokenFile": alone["TokenFile"],
            "CaFile": self.ca,
            "OperatorKey": self.operator.public.raw.hex(),
            "FailoverSeconds": 2,
        } | options
