"""Real service processes for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin.privacy.clean import CleanSeries
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.service_process import ServiceProcess, SiteClient
from tests.builders.untouched import cleaned


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """One service for the tests that leave it as it was."""
    made = ServiceProcess(tmp_path_factory.mktemp("service")).start()
    yield made
    made.stop()


@pytest.fixture
def north(service: ServiceProcess) -> SiteClient:
    return service.client("north")


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[Callable[..., ServiceProcess]]:
    """Start a service of one's own: ``start_service(keys={…}, limits={…}, environment={…})``."""
    started: list[ServiceProcess] = []

    def start(**arguments: Any) -> ServiceProcess:
        made = ServiceProcess(tmp_path / f"service{len(started)}", **arguments)
        started.append(made)
        return made.start()

    yield start
    for made in started:
        made.stop()


@pytest.fixture
def series() -> CleanSeries:
    """A fresh pseudonymised series of twelve slices."""
    return cleaned(files_of(phantom_series(Phantom(size=64, pixel_mm=6.0))))
