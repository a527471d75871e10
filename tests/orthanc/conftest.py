"""Real Orthanc processes for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.orthanc_process import OrthancProcess


@pytest.fixture(scope="session")
def shared_orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    server = OrthancProcess(tmp_path_factory.mktemp("orthanc")).start()
    yield server
    server.stop()


@pytest.fixture
def orthanc(shared_orthanc: OrthancProcess) -> Iterator[OrthancProcess]:
    """An Orthanc with the plugin and one rule (axial CT, hu-ct); emptied after each test."""
    yield shared_orthanc
    shared_orthanc.wipe()


@pytest.fixture(scope="session")
def leaving() -> Iterator[list[OrthancProcess]]:
    """Orthancs of tests that are over: each takes three seconds to stop, in which the next test begins."""
    told: list[OrthancProcess] = []
    yield told
    for server in told:
        server.stop()


@pytest.fixture
def start_orthanc(tmp_path: Path, leaving: list[OrthancProcess]) -> Iterator[Callable[..., OrthancProcess]]:
    """Start an Orthanc of one's own: ``start_orthanc(section={…}, options={…}, environment={…})``."""
    started: list[OrthancProcess] = []

    def start(**arguments: Any) -> OrthancProcess:
        wait = arguments.pop("wait_for_gateway", True)
        server = OrthancProcess(tmp_path / f"orthanc{len(started)}", **arguments)
        started.append(server)
        return server.start(wait_for_gateway=wait)

    yield start
    for server in started:
        server.tell_to_stop()
        leaving.append(server)
