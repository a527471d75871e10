"""The service of the simulations takes many transfers at once, its time for each, and signs what a gateway asks for."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.builders.load import belongs, many_series
from tests.builders.lone_gateway import LoneGateway
from tests.builders.sleeping_service import SleepingService

SECONDS = 1.0


def test_each_series_is_answered_after_its_time_with_its_own_contours(tmp_path: Path) -> None:
    series = many_series(3, slices=12, size=64)
    with SleepingService(tmp_path / "service", SECONDS) as service, ThreadPoolExecutor(3) as pool:
        gateway = LoneGateway(tmp_path / "gateway", service)
        began = time.monotonic()
        answers = list(pool.map(gateway.send, series))
        assert time.monotonic() - began >= SECONDS
    assert all(belongs(content, one) for (content, _), one in zip(answers, series, strict=True))
    assert gateway.failures == []


def test_a_transfer_that_was_announced_before_is_told_what_has_not_arrived(tmp_path: Path) -> None:
    (series,) = many_series(1, slices=12, size=64)
    with SleepingService(tmp_path / "service", 0.0) as service:
        heard = service.answer

        def announced_twice(method: str, path: str, body: bytes) -> tuple[int, Any]:
            """As by a gateway that was killed before it had uploaded anything."""
            if path == "/v1/transfers":
                heard(method, path, body)
            return heard(method, path, body)

        service.answer = announced_twice  # type: ignore[method-assign]
        content, _ = LoneGateway(tmp_path / "gateway", service).send(series)
    assert belongs(content, series)
