"""Contours of one plane that partly overlap: exclusive or cuts out what two of them share, and nobody drew that hole.

Contours that lie in each other are rims and holes, and contours apart are pieces (DICOM PS3.3 C.8.8.6.3). Only where
two outlines cross does neither reading hold. Where none cross, each outline lies as a whole within the same others. So
the plane is scanned along rows and along columns, and an outline that lies within different others at different places
crosses one of them. That costs as much as outlines cross scan lines, however many contours there are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Scan lines run a quarter of a pixel beside the centres of voxels, and beside their edges, on which most points lie.
LINES_PER_PIXEL, FIRST_LINE = 2, 0.25
# On one scan line alone an outline may be rounded past another that it touches.
LINES = 2
# Outlines nearer than this in pixels touch, and neither is within the other.
TOUCHING = 0.25
# Of a plane with more crossings than any drawing has, fewer scan lines are looked at.
MOST_CROSSINGS = 200_000
MOST_BOXES = 1000

Floats = NDArray[np.float64]


def overlapping_slices(
    pixels: Floats, lengths: NDArray[np.int32], slices: NDArray[np.int32], size: tuple[int, int]
) -> int:
    """Count the slices on which contours of one ROI partly overlap, by more than about a pixel.

    ``pixels`` is (n, 2) float64, (row, column), the contours one after the other; ``lengths`` (m,) points of each, none
    of them 0; ``slices`` (m,) where each lies; ``size`` the rows and columns of the images.
    """
    if len(lengths) < 2:
        return 0
    starts = np.cumsum(lengths) - lengths
    low, high = np.minimum.reduceat(pixels, starts), np.maximum.reduceat(pixels, starts)
    order = np.argsort(slices, kind="stable")
    found = 0
    for members in np.split(order, np.flatnonzero(np.diff(slices[order])) + 1):
        near = members[_boxes_meet(low[members], high[members])]
        if len(near) < 2:
            continue
        points = np.concatenate([pixels[starts[one] : starts[one] + lengths[one]] for one in near])
        counts = lengths[near].astype(np.int64)
        found += _crossed(points, counts, size[0]) or _crossed(points[:, ::-1], counts, size[1])
    return found


def _boxes_meet(low: Floats, high: Floats) -> NDArray[np.bool_]:
    """(m,) bool: contours whose box shares something with another's; all, of very many."""
    if not 1 < len(low) <= MOST_BOXES:
        return np.full(len(low), len(low) > 1)
    meet = np.all((low[:, None] < high) & (low < high[:, None]), axis=2)
    return np.asarray(np.count_nonzero(meet, axis=1) > 1, dtype=np.bool_)


def _crossed(points: Floats, lengths: NDArray[np.int64], rows: int) -> bool:
    """Whether an outline of one plane lies within different others at different places, looked at along the rows."""
    line, x, slope, contour = _crossings(points, lengths, rows)
    order = np.lexsort((x, line))
    line, x, slope, contour = line[order], x[order], slope[order], contour[order]
    # Which contours a crossing lies within, as one number: those that its scan line has entered and not left.
    keys = np.random.default_rng(0).integers(2**63, size=len(lengths))
    after = np.bitwise_xor.accumulate(keys[contour])
    # Without its own contour: the smaller number of its two sides.
    within = np.minimum(after, after ^ keys[contour])
    # From the distance along the scan line to the distance between two outlines.
    leaning = np.hypot(1.0, slope)
    touching = (np.diff(line) == 0) & (np.diff(x) <= TOUCHING * np.maximum(leaning[1:], leaning[:-1]))
    sure = np.ones(len(line), dtype=np.bool_)
    sure[1:] &= ~touching
    sure[:-1] &= ~touching
    return _differ(contour[sure], within[sure], line[sure])


def _differ(contour: NDArray[np.int64], within: NDArray[np.int64], line: NDArray[np.int64]) -> bool:
    """Whether an outline lies within two different sets of others, each on enough scan lines."""
    if not len(contour):
        return False
    order = np.lexsort((line, within, contour))
    contour, within, line = contour[order], within[order], line[order]
    new_set = np.ones(len(contour), dtype=np.bool_)
    new_set[1:] = (np.diff(contour) != 0) | (within[1:] != within[:-1])
    new_line = new_set.copy()
    new_line[1:] |= np.diff(line) != 0
    lines = np.bincount((np.cumsum(new_set) - 1)[new_line])
    return bool(np.any(np.bincount(contour[new_set][lines >= LINES]) > 1))


def _crossings(
    points: Floats, lengths: NDArray[np.int64], rows: int
) -> tuple[NDArray[np.int64], Floats, Floats, NDArray[np.int64]]:
    """Return where outlines cross scan lines: scan line, column, columns per row of the outline there, contour."""
    ends = np.cumsum(lengths)
    following = np.arange(1, len(points) + 1)
    following[ends - 1] = ends - lengths
    height = (points[:, 0] - FIRST_LINE) * LINES_PER_PIXEL
    last_line = float(rows * LINES_PER_PIXEL - 1)

    def spans(step: int) -> tuple[Floats, NDArray[np.int64]]:
        """First scan line that each segment crosses, and how many."""
        one, other = height / step, height[following] / step
        first = np.ceil(np.clip(np.minimum(one, other), -1.0, last_line / step))
        last = np.ceil(np.clip(np.maximum(one, other), -1.0, last_line / step))
        return first, (last - first).astype(np.int64)

    step = 1
    first, count = spans(step)
    if (many := int(count.sum())) > MOST_CROSSINGS:
        step = -(-many // MOST_CROSSINGS)
        first, count = spans(step)
    segment = np.repeat(np.arange(len(points)), count)
    line = first[segment] + (np.arange(len(segment)) - np.repeat(np.cumsum(count) - count, count))
    a, b = points[segment], points[following[segment]]
    slope = (b[:, 1] - a[:, 1]) / (b[:, 0] - a[:, 0])
    row = line * step / LINES_PER_PIXEL + FIRST_LINE
    contour = np.repeat(np.arange(len(lengths)), lengths)[segment]
    return line.astype(np.int64), a[:, 1] + (row - a[:, 0]) * slope, slope, contour
