"""Collected only where ``make test-debian`` runs them, inside a Debian of its own: it sets AUTOCONTOUR_DEBIAN."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.builders.orthanc_process import OrthancProcess

collect_ignore_glob = [] if os.environ.get("AUTOCONTOUR_DEBIAN") else ["test_*.py"]


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    """Start one Orthanc with the plugin for all tests of a file."""
    server = OrthancProcess(tmp_path_factory.mktemp("orthanc")).start()
    yield server
    server.stop()
