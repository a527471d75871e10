"""A real Orthanc with the plugin, and a real segmentation service: two processes that meet over TLS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.orthanc_process import OrthancProcess
from tests.builders.service_process import ServiceProcess
from tests.orthanc.conftest import leaving

__all__ = ["leaving"]


def section(target: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The gateway's configuration with one rule: every axial CT to one target."""
    rule = {"Name": "to elsewhere", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct", "Target": "elsewhere"}}
    return {"Rules": [rule], "Targets": {"elsewhere": target}} | more


@pytest.fixture(scope="session")
def shared_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OrthancProcess, ServiceProcess]]:
    service = ServiceProcess(tmp_path_factory.mktemp("service")).start()
    orthanc = OrthancProcess(tmp_path_factory.mktemp("orthanc"), section=section(service.target())).start()
    yield orthanc, service
    orthanc.stop()
    service.stop()


@pytest.fixture
def pair(shared_pair: tuple[OrthancProcess, ServiceProcess]) -> Iterator[tuple[OrthancProcess, ServiceProcess]]:
    """An Orthanc whose CTs all go to the service beside it; emptied after each test."""
    yield shared_pair
    shared_pair[0].wipe()


@pytest.fixture
def start_orthanc(tmp_path: Path, leaving: list[OrthancProcess]) -> Iterator[Callable[..., OrthancProcess]]:
    started: list[OrthancProcess] = []

    def start(target: dict[str, Any], **arguments: Any) -> OrthancProcess:
        more = arguments.pop("section", {})
        made = OrthancProcess(tmp_path / f"orthanc{len(started)}", section=section(target, **more), **arguments)
        started.append(made)
        return made.start()

    yield start
    for made in started:
        made.tell_to_stop()
        leaving.append(made)


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[Callable[..., ServiceProcess]]:
    started: list[ServiceProcess] = []

    def start(**arguments: Any) -> ServiceProcess:
        made = ServiceProcess(tmp_path / f"service{len(started)}", **arguments)
        started.append(made)
        return made.start()

    yield start
    for made in started:
        made.stop()
