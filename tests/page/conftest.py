"""A browser for the tests of this folder, and the Orthancs of tests/orthanc."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.builders import browser as site
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.page import Visit, chromium, visit
from tests.orthanc.conftest import leaving, orthanc, shared_orthanc, start_orthanc

__all__ = ["leaving", "orthanc", "shared_orthanc", "start_orthanc"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, where there is no Chromium."""
    absent = site.missing()
    for item in items if absent else []:
        if "tests/page/" in item.path.as_posix():
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(absent)}: ./setup.sh test"))


# Not for longer than a file: while it is open, an event loop runs in this thread, and no other test can start one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def visitor(browser: Browser, orthanc: OrthancProcess) -> Iterator[Visit]:
    """A person at the page of the shared Orthanc."""
    with visit(browser, orthanc.url) as opened:
        yield opened


@pytest.fixture(scope="session")
def idle_orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    """An Orthanc whose gateway contours nothing by itself: what is stored there is only looked at."""
    server = OrthancProcess(tmp_path_factory.mktemp("idle"), section={"Rules": []}).start()
    yield server
    server.stop()


@pytest.fixture
def visitor_of_idle(browser: Browser, idle_orthanc: OrthancProcess) -> Iterator[Visit]:
    """A person at the page of that Orthanc."""
    with visit(browser, idle_orthanc.url) as opened:
        yield opened
