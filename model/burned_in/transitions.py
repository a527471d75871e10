"""Where an image steps up and down as often as writing does: a cheap look at every slice.

Strokes of characters are a few pixels wide and end within a pixel or two; tissue is blurred by the scanner, and noise
is smaller than the steps that are counted. The look costs a few passes over the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# Rows and columns of the blocks in which steps are counted, and how many of 256 pixels have to step.
BLOCK = (8, 32)
DENSE = 40
# A step is this part of the contrast between background and the brightest tissue.
STEP = 0.25
SAMPLED = 8
# Large characters step less often than small ones, so that not every block of a line is dense.
AROUND = (2, 1)


def sampled(slices: Sequence[NDArray[np.integer]]) -> list[NDArray[np.integer]]:
    """Return a few slices, spread over the series."""
    at = np.unique(np.linspace(0, len(slices) - 1, min(SAMPLED, len(slices))).astype(int))
    return [slices[index] for index in at]


def contrast_of(slices: Sequence[NDArray[np.integer]]) -> float:
    """Return the span from the background to the bright parts of the series, in stored units."""
    values = np.concatenate([one[::4, ::4].ravel() for one in sampled(slices)])
    low, high = np.percentile(values, (30, 99.5))
    return float(high - low)


def dense_blocks(pixels: NDArray[np.integer], step: float) -> NDArray[np.bool_]:
    """Blocks of a slice with as many steps from column to column as writing has: (block row, block column) bool."""
    halved = pixels.astype(np.int16) if pixels.dtype.itemsize == 1 else (pixels >> 1).astype(np.int16, copy=False)
    steps = np.subtract(halved[:, 1:], halved[:, :-1])
    np.abs(steps, out=steps)
    # 16-bit halves differ by no more than 32,767; 8-bit pixels were not halved.
    found = steps > np.int16(min(32_766, max(1, step / (1 if pixels.dtype.itemsize == 1 else 2))))
    rows, columns = -(-pixels.shape[0] // BLOCK[0]), -(-pixels.shape[1] // BLOCK[1])
    padded = np.zeros((rows * BLOCK[0], columns * BLOCK[1]), dtype=np.uint8)
    padded[: found.shape[0], : found.shape[1]] = found
    per_column = np.add.reduce(padded.reshape(rows, BLOCK[0], -1), axis=1, dtype=np.uint8)
    counts = per_column.reshape(rows, columns, BLOCK[1]).sum(axis=-1, dtype=np.uint16)
    return np.asarray(counts >= DENSE)


def region_of(blocks: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the pixels of the blocks and of those up to ``AROUND`` blocks away: (row, column) bool."""
    grown = ndimage.maximum_filter(blocks, size=(2 * AROUND[0] + 1, 2 * AROUND[1] + 1), mode="constant")
    return np.asarray(np.repeat(np.repeat(grown, BLOCK[0], axis=0), BLOCK[1], axis=1)[: shape[0], : shape[1]])
