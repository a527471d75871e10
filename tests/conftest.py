"""Tests of a real Orthanc are marked so, and skipped where there is none; with --require-orthanc that is an error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.builders.long_tests import LONG, REASON
from tests.builders.orthanc_process import missing
from tests.builders.postgresql import PostgresProcess
from tests.builders.postgresql_databases import shared_postgres

# Every test in these folders starts an Orthanc, or asks one that another test has started.
FOLDERS = tuple(Path(__file__).parent / name for name in ("orthanc", "e2e", "debian", "page"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--require-orthanc``, which ``make test`` gives."""
    parser.addoption("--require-orthanc", action="store_true", help="no Orthanc is an error, not a reason to skip")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to begin without what ``--require-orthanc`` asks for; no generated example has a deadline."""
    # Hypothesis counts 200 ms on the wall clock, which a crowded machine passes.
    settings.register_profile("no deadline", deadline=None)
    settings.load_profile("no deadline")
    absent = missing()
    if absent and config.getoption("require_orthanc"):
        raise pytest.UsageError(f"--require-orthanc: {absent}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of a real Orthanc; skip them, and those of minutes, with the reason. They come first.

    Their files take longest: one that came last would keep a single worker busy while the others have nothing to do.
    """
    items.sort(key=lambda item: not any(folder in item.path.parents for folder in FOLDERS))
    absent = missing()
    for item in items:
        if item.get_closest_marker("long") and not os.environ.get(LONG):
            item.add_marker(pytest.mark.skip(reason=REASON))
        if any(folder in item.path.parents for folder in FOLDERS):
            item.add_marker("requires_orthanc")
            if absent:
                item.add_marker(pytest.mark.skip(reason=absent))


@pytest.fixture(scope="session")
def postgres() -> PostgresProcess:
    """One real PostgreSQL for all tests of a process; no test stops it."""
    return shared_postgres()


@pytest.fixture
def database(postgres: PostgresProcess) -> Iterator[str]:
    """A database of one's own on PostgreSQL: its address, as a site writes it."""
    url = postgres.fresh()
    yield url
    postgres.drop(url)
