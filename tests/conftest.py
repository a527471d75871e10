"""Tests of a real Orthanc are marked so, and skipped where there is none; with --require-orthanc that is an error."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.builders.orthanc_process import missing

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
    """Mark the tests of a real Orthanc; skip them, with the reason, where there is none."""
    absent = missing()
    for item in items:
        if any(folder in item.path.parents for folder in FOLDERS):
            item.add_marker("requires_orthanc")
            if absent:
                item.add_marker(pytest.mark.skip(reason=absent))
