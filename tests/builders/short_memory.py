"""A machine whose memory suffices for tiles of so many voxels only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from model.engines.network.placed import Placed
from model.engines.network.way import OnCpu


@contextmanager
def short_memory(placed: Placed, most: int) -> Iterator[None]:
    """Let a network on the CPU run out of memory at tiles of more than ``most`` voxels."""
    plain = placed.way
    assert isinstance(plain, OnCpu)

    def predict(tile: NDArray[np.float32]) -> NDArray[np.float32]:
        if tile.size > most:
            raise RuntimeError("DefaultCPUAllocator: not enough memory")
        return plain.predict(tile)

    placed.way = OnCpu(predict, plain.label)
    try:
        yield
    finally:
        placed.way = plain
