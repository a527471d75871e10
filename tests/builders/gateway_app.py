"""The gateway's application without queue, listener and Orthanc: what its routes take and refuse."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from plugin.gateway.api.app import application
from plugin.gateway.api.hosts import Hosts
from plugin.gateway.operations.operations import Operations
from plugin.gateway.startup import StartupConfiguration
from plugin.gateway.wiring import wire
from plugin.settings.settings import read_settings
from plugin.state.directory import open_state


def gateway_in(folder: Path, section: dict[str, Any] | None = None) -> Operations:
    """The operations of a gateway whose Orthanc does not answer; it takes nothing in."""
    startup = StartupConfiguration.model_validate(
        {
            "Orthanc": "http://127.0.0.1:9",
            "Started": time.time(),
            "StateDirectory": folder,
            "BaseDirectory": folder.parent,
            "AutoContour": section or {},
        }
    )
    return wire(startup, read_settings(startup.section), open_state(folder)).operations


def app_of(gateway: Operations, allowed: Sequence[str] = (), *, passwords: bool = False) -> FastAPI:
    """The application that answers to these hosts."""
    return application(gateway, Hosts.configured(allowed, passwords=passwords))


def client_of(gateway: Operations, allowed: Sequence[str] = (), *, passwords: bool = False) -> TestClient:
    """A client that sends what a program sends: no Origin, no Sec-Fetch-Site."""
    app = app_of(gateway, allowed, passwords=passwords)
    return TestClient(app, base_url="http://localhost:8042", raise_server_exceptions=False, follow_redirects=False)
