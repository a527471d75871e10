"""Contours to masks: a voxel is inside when its centre is, by the even-odd rule over all contours of its slice.

The even-odd rule reads keyholes, nested contours and CLOSEDPLANAR_XOR alike (DICOM PS3.3 C.8.8.6.3).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.contours import kernel
from model.contours.structure import BoxedMask


def fill(
    points: NDArray[np.float64],
    lengths: NDArray[np.int32],
    slices: NDArray[np.int32],
    shape: tuple[int, int, int],
) -> BoxedMask:
    """Fill closed contours on the grid of a series.

    What lies beyond the images is cut off. A centre on an edge is inside when the inside lies to its right or below.

    Args:
        points: (n, 2) float64, (row, column) in pixels with centres at whole numbers, the contours one after the other.
        lengths: (m,) int32, how many points each contour has.
        slices: (m,) int32, the slice on which each contour lies.
        shape: Slices, rows and columns of the series.

    Returns:
        The mask, (slice, row, column), in its box.
    """
    if not len(points):
        return BoxedMask((0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
    low = np.clip(np.ceil(points.min(axis=0)), 0, shape[1:]).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)) + 1, low, shape[1:]).astype(int)
    first, last = int(slices.min()), int(slices.max()) + 1
    box = np.zeros((last - first, int(high[0] - low[0]), int(high[1] - low[1])), dtype=np.uint8)
    if box.size == 0:
        return BoxedMask((0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
    inside = np.ascontiguousarray(points - low)
    sheets = np.ascontiguousarray(slices - np.int32(first))
    counts = np.ascontiguousarray(lengths)
    if kernel.KERNEL is None:
        toggle(box, inside, counts, sheets)
    else:
        kernel.KERNEL.toggle(box, *box.shape, inside, counts, sheets)
    return BoxedMask.crop(box.view(np.bool_), (first, int(low[0]), int(low[1])))


def toggle(
    box: NDArray[np.uint8], points: NDArray[np.float64], lengths: NDArray[np.int32], slices: NDArray[np.int32]
) -> None:
    """Fill a zeroed (slice, row, column) box in place, as the compiled ``toggle`` does, in numpy."""
    rows, columns = box.shape[1:]
    ends = np.cumsum(lengths)
    following = np.arange(1, len(points) + 1)
    following[ends[lengths > 0] - 1] = (ends - lengths)[lengths > 0]
    a, b = points, points[following]
    sheet = np.repeat(slices, lengths)
    crossing = a[:, 0] != b[:, 0]
    a, b, sheet = a[crossing], b[crossing], sheet[crossing]
    upward = a[:, :1] > b[:, :1]
    a, b = np.where(upward, b, a), np.where(upward, a, b)
    slope = (b[:, 1] - a[:, 1]) / (b[:, 0] - a[:, 0])
    first = np.maximum(np.ceil(a[:, 0]), 0.0)
    last = np.minimum(np.ceil(b[:, 0]), float(rows))
    count = np.maximum(last - first, 0.0).astype(np.int64)
    edge = np.repeat(np.arange(len(a)), count)
    y = first[edge] + (np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count))
    x = np.maximum(np.ceil(a[edge, 1] + (y - a[edge, 0]) * slope[edge]), 0.0)
    seen = x < columns
    cell = (sheet[edge].astype(np.int64) * rows + y.astype(np.int64)) * columns + np.where(seen, x, 0).astype(np.int64)
    # Only the parity of each cell matters, and uint8 keeps it when it overflows.
    np.add.at(box.reshape(-1), cell[seen], np.uint8(1))
    np.bitwise_and(box, 1, out=box)
    np.bitwise_xor.accumulate(box, axis=2, out=box)
