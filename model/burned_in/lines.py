"""Lines of characters in a part of an image: pieces of one ink, of like height, on one base line, close together.

Pieces of anatomy are seldom of one value, and hardly ever stand in a row at one height. No character is recognised, so
any script that is written in rows or columns is found, and no name is ever read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# Part of the contrast within which pixels are of one ink.
INK = 0.03
SMALLEST, LARGEST = 4, 64  # height of a character in pixels
# The same as a part of how far the ink stands out.
EVEN = 0.2
# Part of a character's pixels that is of the very ink; the rest is smoothed into the background.
OF_INK = 0.2
_FEWEST_STEPS = 30
_PIECES = 4
_TOUCHING = np.ones((3, 3), dtype=np.int8)

Floats = NDArray[np.float64]


def longest_line(pixels: NDArray[np.integer], region: NDArray[np.bool_], contrast: float, step: float) -> int:
    """How many characters the longest line has that is written within ``region`` (row, column)."""
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    if not rows.size:
        return 0
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    part, inside = pixels[box].astype(np.int32), region[box]
    left, right = part[:, :-1], part[:, 1:]
    steps = (np.abs(right - left) > step) & inside[:, 1:]
    if np.count_nonzero(steps) < _FEWEST_STEPS:
        return 0
    high, low = np.maximum(left, right)[steps], np.minimum(left, right)[steps]
    # Light writing on dark, and dark on light.
    return max(_of_ink(part, inside, high, low, contrast), _of_ink(part, inside, low, high, contrast))


def _of_ink(
    pixels: NDArray[np.int32],
    region: NDArray[np.bool_],
    ink_side: NDArray[np.int32],
    other_side: NDArray[np.int32],
    contrast: float,
) -> int:
    width = max(1.0, INK * contrast)
    ink = _most_common(ink_side, width)
    depth = abs(ink - float(np.median(other_side)))
    if depth <= width:
        return 0
    away = np.abs(pixels - ink)
    pieces, count = ndimage.label((away <= depth / 2) & region, _TOUCHING)
    if count < _PIECES:
        return 0
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
    exact = np.bincount(pieces[away <= max(width, EVEN * depth)], minlength=count + 1)[1:]
    return _longest(_characters(ndimage.find_objects(pieces), sizes, exact))


def _most_common(values: NDArray[np.int32], width: float) -> float:
    binned, counts = np.unique(np.round(values / width).astype(np.int64), return_counts=True)
    middle = float(binned[np.argmax(counts)]) * width
    return float(np.median(values[np.abs(values - middle) <= width]))


def _characters(boxes: list[Any], sizes: NDArray[np.int64], exact: NDArray[np.int64]) -> Floats:
    """Pieces that may be characters, or a few that touch: bottom, left, right, height, pixels; (n, 5) float64."""
    found = []
    for (rows, columns), size, of_ink in zip(boxes, sizes, exact, strict=True):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        filled = size / (height * width)
        if SMALLEST <= height <= LARGEST and width <= 6 * height and 0.12 <= filled <= 0.97 and of_ink >= OF_INK * size:
            found.append((rows.stop, columns.start, columns.stop, height, size))
    return np.array(found, dtype=np.float64).reshape(-1, 5)


def _longest(characters: Floats) -> int:
    longest = 0
    if len(characters) < _PIECES:
        return 0
    for bottom, height in np.unique(characters[:, [0, 3]], axis=0):
        # Small letters are two thirds as high as capitals, and stand on the same line.
        beside = np.abs(characters[:, 0] - bottom) <= max(1.0, 0.15 * height)
        alike = (characters[:, 3] >= 0.6 * height) & (characters[:, 3] <= 1.3 * height)
        row = characters[beside & alike]
        if len(row) >= _PIECES:
            longest = max(longest, _longest_run(row[np.argsort(row[:, 1])], float(height)))
    return longest


def _longest_run(row: Floats, height: float) -> int:
    gaps = row[1:, 1] - row[:-1, 2]
    breaks = np.flatnonzero((gaps > 1.2 * height) | (gaps < -1)) + 1
    return max(_count(run, height) for run in np.split(row, breaks))


def _count(run: Floats, height: float) -> int:
    """Characters of a run; none where all pieces are the same, as the marks of a ruler or a grid are."""
    kinds = len(np.unique(np.column_stack([run[:, 2] - run[:, 1], run[:, 3:]]), axis=0))
    if len(run) < _PIECES or kinds < _PIECES - 1:
        return 0
    return int(np.maximum(1, np.round((run[:, 2] - run[:, 1]) / (0.7 * height))).sum())
