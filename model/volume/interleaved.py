"""Two acquisitions in one stack of slices, told by the images: neighbours less alike than next-but-one.

In one acquisition what is nearer is more alike. Where every other slice is of another breath, each is more like the
slice two steps away than like the one beside it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.volume.blocks import block_means

Sheet = NDArray[np.int16] | NDArray[np.float32]

# Averaged over so many pixels each way, noise is gone and what moves with a breath is not.
BLOCKS = 48
# Neighbours are this much less alike, over so many slices in a row. Of ten real series, CT and MR, none reaches 1 but
# at a single slice; every other slice moved by 4 mm, or by three slices, gives 1.3 and more nearly everywhere.
LESS_ALIKE, LEAST_RUN = 1.08, 5
# Slices that hardly differ at all (a phantom, air) say nothing: differences as part of the spread of all values.
NOTHING = 0.002


def alternates(array: NDArray[np.int16] | NDArray[np.float32]) -> bool:
    """Whether the slices of a volume, (slice, row, column), are those of two acquisitions in turn."""
    return sheets_alternate(len(array), array.__getitem__)


def sheets_alternate(count: int, sheet: Callable[[int], Sheet]) -> bool:
    """Return the same of slices that are given one at a time, (row, column), by their place along the normal.

    ``sheet`` is called from several threads, and more than once for some places.
    """
    if count < LEAST_RUN + 2:
        return False
    small = _small(count, sheet)
    beside = _apart(small[:-1], small[1:])
    across = _apart(small[:-2], small[2:])
    neighbours = (beside[:-1] + beside[1:]) / 2
    spread = float(small.std())
    less_alike = (neighbours > LESS_ALIKE * across) & (neighbours > NOTHING * spread)
    return _longest(less_alike) >= LEAST_RUN


def _small(count: int, sheet: Callable[[int], Sheet]) -> NDArray[np.float32]:
    """(slice, block, block) float32: means over blocks of pixels, of values without their outliers."""
    sample: NDArray[Any] = np.stack([sheet(place)[::4, ::4] for place in range(0, count, max(1, count // 16))])
    # Rounded as the values are: what is cut off is the same, at a third of the price.
    low, high = (np.float32(end) for end in np.percentile(sample, (1, 99)))

    def means(place: int) -> NDArray[np.float32]:
        one = sheet(place)
        rows, columns = (max(1, size // BLOCKS) for size in one.shape)
        return block_means(np.clip(one.astype(np.float32), low, high), rows, columns)

    with ThreadPoolExecutor(max(2, min(4, os.cpu_count() or 1))) as pool:
        return np.stack(list(pool.map(means, range(count))))


def _apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.abs(one - other).mean(axis=(1, 2)), dtype=np.float32)


def _longest(marks: NDArray[np.bool_]) -> int:
    longest = run = 0
    for mark in marks:
        run = run + 1 if mark else 0
        longest = max(longest, run)
    return longest
