"""Small networks are drawn on one thread: on a busy machine two wait for each other longer than they work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from model.errors import TargetFailed
from model.sides.sample import Shown, installed
from tests.builders.no_samples import none

torch = pytest.importorskip("torch", reason="network engines need torch, which this machine was set up without")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Restore the number of threads afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def no_sample(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports test their sides on a real image, which takes seconds: only tests that are about that do."""

    if "real_sample" not in request.fixturenames:
        monkeypatch.setattr("model.sides.check.installed", none)


@pytest.fixture
def real_sample() -> Shown:
    """The sample CT, where it can be had, for imports that test their sides on it."""
    try:
        return next(installed("CT", True))
    except TargetFailed as failed:
        pytest.skip(f"the sample cannot be had: {failed.message}")
