"""Seconds spent in each part of a pipeline."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Collects ``seconds``: name of the part → seconds to the millisecond, in the order in which the parts ended."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        """Measure what runs in this block; nothing is noted when it raises."""
        started = time.perf_counter()
        yield
        self.seconds[part] = round(time.perf_counter() - started, 3)
