"""Orthanc's HTTP server, which the gateway reads from and stores through."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.commands.orthanc_json import OrthancConfiguration
from routing.problems import Problem


def http_problems(configuration: OrthancConfiguration) -> Iterator[Problem]:
    """Say what keeps the gateway from Orthanc's REST API: no server, or a port that is no number."""
    keys = configuration.keys
    if keys.get("HttpServerEnabled", True) is False:
        where = f"HttpServerEnabled in {configuration.written_in['HttpServerEnabled'].name}"
        yield Problem(where, "false", "true, as the gateway reads and stores over Orthanc's REST API")
    port = keys.get("HttpPort", 8042)
    if not isinstance(port, int) or isinstance(port, bool):
        where = f"HttpPort in {configuration.written_in['HttpPort'].name}"
        yield Problem(where, "no whole number; Orthanc does not start", "a port, such as 8042")
