"""A gateway in a network of its own, with one cable to PostgreSQL and one to Orthanc that can be pulled; as root."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field

from tests.builders.gateway_group import GatewayProcess


def missing() -> str:
    """What of it cannot be had here; empty when it can."""
    if os.geteuid() != 0:
        return "needs root, for a network namespace"
    if shutil.which("ip") is None:
        return "needs Debian's iproute2"
    name = f"chaos-try-{os.getpid()}"
    if subprocess.run(("ip", "netns", "add", name), capture_output=True, check=False).returncode:
        return "no network namespace can be made here"
    _ip("netns", "del", name)
    return ""


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True, capture_output=True)


@dataclass(frozen=True)
class Cable:
    """Two ends, a network of two addresses."""

    name: str
    here: str
    there: str

    def lay(self, namespace: str) -> None:
        inner = f"{self.name}i"
        _ip("link", "add", self.name, "type", "veth", "peer", "name", inner, "netns", namespace)
        _ip("addr", "add", f"{self.here}/30", "dev", self.name)
        _ip("link", "set", self.name, "up")
        _ip("-n", namespace, "addr", "add", f"{self.there}/30", "dev", inner)
        _ip("-n", namespace, "link", "set", inner, "up")

    def pull(self) -> None:
        _ip("link", "set", self.name, "down")

    def plug(self) -> None:
        _ip("link", "set", self.name, "up")


@dataclass
class Network:
    """The namespace and its cables; ``remove`` takes all of it away."""

    number: int = field(default_factory=lambda: os.getpid() % 60)

    def __post_init__(self) -> None:
        self.namespace = f"chaos-{os.getpid()}"
        base = f"10.213.{self.number}"
        self.to_postgresql = Cable(f"cp{os.getpid()}", f"{base}.1", f"{base}.2")
        self.to_orthanc = Cable(f"co{os.getpid()}", f"{base}.5", f"{base}.6")

    def lay(self) -> Network:
        _ip("netns", "add", self.namespace)
        _ip("-n", self.namespace, "link", "set", "lo", "up")
        self.to_postgresql.lay(self.namespace)
        self.to_orthanc.lay(self.namespace)
        return self

    def remove(self) -> None:
        # The cables go with it.
        subprocess.run(("ip", "netns", "del", self.namespace), check=False, capture_output=True)

    @property
    def inside(self) -> tuple[str, ...]:
        """What runs a program in it."""
        return ("ip", "netns", "exec", self.namespace)


@dataclass
class FarGateway(GatewayProcess):
    """A gateway that is reached at another address than this machine's own."""

    address: str = "127.0.0.1"

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"
