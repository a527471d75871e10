"""Sums of weighted tiles, slice by slice: each slice is there from its first tile until it is handed on.

So memory follows what tiles overlap, and never holds a copy of it.
"""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from model.engines.network import kernel

Array = NDArray[np.float32]


class Sums:
    """Of ``classes`` on slices of ``rows`` × ``columns`` voxels; slices are numbered from 0 without end."""

    def __init__(self, classes: int, rows: int, columns: int, pool: Executor) -> None:
        """Nothing is held yet; ``pool`` shares the work."""
        self._shape, self._pool = (classes, rows, columns), pool
        self._sums: dict[int, Array] = {}
        self._weights: dict[int, Array] = {}

    def add(self, place: tuple[int, int, int], logits: Array, weights: Array) -> None:
        """Add a tile (classes, z, y, x), weighted by (z, y, x), whose first voxel lies at ``place``."""
        logits = np.ascontiguousarray(logits, dtype=np.float32)
        for z in range(place[0], place[0] + weights.shape[0]):
            if z not in self._sums:
                self._sums[z] = np.zeros(self._shape, dtype=np.float32)
                self._weights[z] = np.zeros(self._shape[1:], dtype=np.float32)

        def one(index: int) -> None:
            add(self._sums[place[0] + index], logits, weights, index, place[1], place[2])
            _, rows, columns = weights.shape
            part = (slice(place[1], place[1] + rows), slice(place[2], place[2] + columns))
            self._weights[place[0] + index][part] += weights[index]

        list(self._pool.map(one, range(weights.shape[0])))

    def take(self, z: int) -> Array:
        """Return the average of a slice, (classes, y, x), which is then not held any more."""
        sums, weights = self._sums.pop(z), self._weights.pop(z)

        def one(sheet: Array) -> None:
            np.divide(sheet, weights, out=sheet)

        list(self._pool.map(one, np.array_split(sums, max(1, min(8, len(sums))))))
        return sums


def add(sums: Array, logits: Array, weights: Array, index: int, y: int, x: int) -> None:
    """Add slice ``index`` of a weighted tile to the sums (classes, y, x) of one slice, in place."""
    depth, rows, columns = weights.shape
    if kernel.KERNEL is not None:
        kernel.KERNEL.add(sums, logits, weights, sums.shape, (depth, rows, columns), (index, y, x))
        return
    sums[:, y : y + rows, x : x + columns] += logits[:, index] * weights[index]
