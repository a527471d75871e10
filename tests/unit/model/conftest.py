"""Imports of models test their sides on a real image only where a test is about that."""

from __future__ import annotations

import pytest

from model.errors import TargetFailed
from model.sides.sample import Shown, installed
from tests.builders.no_samples import none


@pytest.fixture(autouse=True)
def no_sample(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the test of sides on a real image, which takes seconds, where the test does not ask for it."""
    if "real_sample" not in request.fixturenames:
        monkeypatch.setattr("model.sides.check.installed", none)


@pytest.fixture
def real_sample() -> Shown:
    """The sample CT, where it can be had, for imports that test their sides on it."""
    try:
        return next(installed("CT", True))
    except TargetFailed as failed:
        pytest.skip(f"the sample cannot be had: {failed.message}")
