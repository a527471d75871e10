"""When drawing counts as hung: by model and slices, far below an hour, unless the site says otherwise."""

from __future__ import annotations

import pytest

from model.pipeline.time_limit import drawing_seconds


@pytest.mark.parametrize(
    ("model", "slices", "seconds"),
    [
        ("hu-ct", 60, 180),
        ("hu-ct", 300, 420),
        ("a-network", 60, 900),
        ("a-network", 300, 2100),
        ("a-network", 4000, 2700),
    ],
)
def test_the_limit_grows_with_the_slices_and_stays_below_an_hour(model: str, slices: int, seconds: float) -> None:
    assert drawing_seconds(None, model, slices) == seconds


def test_what_the_site_configures_holds() -> None:
    assert drawing_seconds(7200, "hu-ct", 10) == 7200
