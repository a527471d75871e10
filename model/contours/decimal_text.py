"""ContourData in plain numpy: the same bytes as the compiled ``text``, for machines without a compiler."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# A 64-bit integer has at most 19 digits.
INTEGER_DIGITS = 19
ZERO, MINUS, POINT, BACKSLASH, SPACE = (ord(char) for char in "0-.\\ ")


def contour_data(
    points: NDArray[np.int32],
    lengths: NDArray[np.int32],
    slices: NDArray[np.int32],
    matrix: NDArray[np.float64],
    decimals: int,
    fixed: Sequence[bytes],
) -> tuple[bytes, NDArray[np.int32]]:
    """Write contours as text; arguments and answer as in ``model.contours.placement``."""
    if not len(points):
        return b"", np.zeros(0, dtype=np.int32)
    plane = np.repeat(slices, lengths)
    m = matrix[plane]
    y, x = points[:, :1].astype(np.float64), points[:, 1:].astype(np.float64)
    values = np.rint(m[:, 0:3] + y * m[:, 3:6] + x * m[:, 6:9]).astype(np.int64)
    characters, kept = _decimals(values.reshape(-1), decimals)
    _lay_fixed(characters, kept, plane, fixed)
    # After each number a backslash; after the last of a contour nothing, or a space that makes the length even.
    last = 3 * np.cumsum(lengths) - 1
    per_number = kept[:, :-1].sum(axis=1, dtype=np.int64)
    size = np.add.reduceat(per_number, np.concatenate([[0], last[:-1] + 1])) + 3 * lengths.astype(np.int64) - 1
    characters[last, -1] = SPACE
    kept[last, -1] = size % 2 == 1
    ends = np.cumsum(size + size % 2).astype(np.int32)
    return characters[kept].tobytes(), ends


def _decimals(values: NDArray[np.int64], decimals: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Characters of value / 10^decimals, one number a row with a separator last, and which of them to keep."""
    width = 1 + INTEGER_DIGITS + 1 + decimals + 1
    characters = np.empty((len(values), width), dtype=np.uint8)
    kept = np.zeros((len(values), width), dtype=np.bool_)
    rest = np.abs(values)
    characters[:, 0], kept[:, 0] = MINUS, values < 0
    seen = np.zeros(len(values), dtype=np.bool_)
    for column in range(width - 2, width - 2 - decimals, -1):
        rest, digit = np.divmod(rest, 10)
        seen |= digit > 0
        characters[:, column], kept[:, column] = digit + ZERO, seen
    point = width - 2 - decimals
    characters[:, point], kept[:, point] = POINT, seen
    for column in range(point - 1, 0, -1):
        kept[:, column] = (rest > 0) | (column == point - 1)
        rest, digit = np.divmod(rest, 10)
        characters[:, column] = digit + ZERO
    characters[:, -1], kept[:, -1] = BACKSLASH, True
    return characters, kept


def _lay_fixed(
    characters: NDArray[np.uint8], kept: NDArray[np.bool_], plane: NDArray[np.int32], fixed: Sequence[bytes]
) -> None:
    """Put the slices' own texts where a coordinate is the same on all of the slice."""
    width = characters.shape[1] - 1
    table = np.array(list(fixed), dtype=f"S{width}").reshape(-1, 3)
    for axis in range(3):
        sizes = np.char.str_len(table[:, axis])[plane]
        rows = np.flatnonzero(sizes)
        texts = np.ascontiguousarray(table[plane[rows], axis]).view(np.uint8).reshape(-1, width)
        characters[3 * rows + axis, :width] = texts
        kept[3 * rows + axis, :width] = np.arange(width) < sizes[rows, None]
