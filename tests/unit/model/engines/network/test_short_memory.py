"""When memory is short a network draws with smaller tiles, then on the CPU, and goes home for the next series."""

from __future__ import annotations

import numpy as np
import pytest

from model.engines.network.labelling import Found
from model.engines.network.memory import smaller
from model.engines.network.placed import Placed
from model.engines.network.way import OnCpu, Way
from model.engines.network.window import Shape, Window
from model.errors import EngineFailed


def less(patch: Shape) -> Shape | None:
    return smaller(patch, (8, 8, 8))


def found(way: Way, window: Window) -> Found:
    if way.label == "gpu" and window.patch[0] > 4:
        raise RuntimeError("CUDA error: out of memory")
    return np.full((1, 1, 1), window.patch[0], dtype=np.uint16)


def both() -> Placed:
    return Placed(lambda: OnCpu(lambda tile: tile, "gpu"), lambda: OnCpu(lambda tile: tile, "cpu"))


def test_what_no_gpu_holds_is_drawn_on_the_cpu_with_whole_tiles_and_the_next_series_begins_at_home() -> None:
    placed = both()
    labels, notes = placed.drawn(Window((16, 16, 16)), less, found)
    assert isinstance(labels, np.ndarray)
    assert labels[0, 0, 0] == 16
    assert notes == ["drawn with smaller tiles, as memory was short"] * 3 + [
        "drawn on the CPU, as the GPU's memory was short"
    ]
    assert placed.way.label == "cpu"
    _, notes = placed.drawn(Window((4, 4, 4)), less, found)
    assert (placed.way.label, notes) == ("gpu", [])


def test_another_error_is_not_taken_for_short_memory() -> None:
    def broken(way: Way, window: Window) -> Found:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        both().drawn(Window((16, 16, 16)), less, broken)


def test_memory_that_suffices_nowhere_is_told() -> None:
    def never(way: Way, window: Window) -> Found:
        raise MemoryError

    with pytest.raises(EngineFailed, match="OUT_OF_MEMORY"):
        both().drawn(Window((16, 16, 16)), less, never)
