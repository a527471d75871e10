"""Ports that the configuration names and somebody else has."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from pathlib import Path

from plugin.commands.orthanc_json import OrthancConfiguration
from routing.problems import Problem

_SERVERS = (("HttpPort", 8042, "HttpServerEnabled"), ("DicomPort", 4242, "DicomServerEnabled"))
_LISTENING = "0A"
ORTHANC = "Orthanc"


def port_problems(configuration: OrthancConfiguration) -> Iterator[Problem]:
    """Name the ports that another program than an Orthanc has: one that runs may be the very one that is checked."""
    for key, default, enabled in _SERVERS:
        port = configuration.keys.get(key, default)
        if not configuration.keys.get(enabled, True) or not isinstance(port, int) or not _taken(port):
            continue
        holder = _holder(port)
        if holder != ORTHANC:
            by = f" by {holder}" if holder else ""
            yield Problem(key, f"port {port}, which is taken{by}", "a free port, or end that program")


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
        except OverflowError:
            return False
    return False


def _holder(port: int) -> str | None:
    """Return the name of the program that listens on a port; None where this user may not know."""
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").iterdir():
        try:
            if any(str(link.readlink()) in inodes for link in (process / "fd").iterdir()):
                return (process / "comm").read_text().strip()
        except OSError:  # no process, one of somebody else, or one that has just ended
            continue
    return None
