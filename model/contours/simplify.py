"""Dropping points of rings by Douglas and Peucker (1973), all rings at once, in plain numpy.

The operations and their order are those of the compiled part, so that both keep the same points.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]

# How far, in pixels, an exact contour may be from the middles of the edges; see model.contours.outlines.
EXACT_PIXELS = 0.34


def simplify(
    points: NDArray[np.int32],
    starts: Indices,
    linked: NDArray[np.bool_],
    spacing: tuple[float, float],
    tolerance_mm: float,
) -> NDArray[np.bool_]:
    """Tell which points of the rings stay.

    ``points`` is (n, 2) in half pixels, rings one after the other beginning at ``starts``; the first point of a ring
    and every ``linked`` one stay. With a tolerance, a ring that would vanish stays exact.
    """
    exact = (np.array([0.5, 0.5]), EXACT_PIXELS * EXACT_PIXELS)
    if tolerance_mm <= 0.0:
        return _kept(points, starts, linked, *exact)
    keep = _kept(points, starts, linked, np.array(spacing) / 2.0, tolerance_mm * tolerance_mm)
    ring = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(points))))
    gone = _vanished(points, ring, keep, len(starts))
    if gone.any():
        keep = np.where(gone[ring], _kept(points, starts, linked, *exact), keep)
    return keep


def _kept(
    points: NDArray[np.int32], starts: Indices, linked: NDArray[np.bool_], scale: Floats, limit: float
) -> NDArray[np.bool_]:
    count = len(points)
    sizes = np.diff(np.append(starts, count))
    keep = linked.copy()
    keep[starts] = True
    lone = np.add.reduceat(keep.astype(np.int64), starts) == 1
    if lone.any():
        origin = np.repeat(points[starts].astype(np.int64), sizes, axis=0)
        away = (points - origin).astype(np.float64) * scale
        distance = away[:, 0] * away[:, 0] + away[:, 1] * away[:, 1]
        keep[_first_maximum(distance, starts)[lone]] = True
    # Chains between neighbouring kept points; the last of a ring leads back to its start.
    firsts = np.flatnonzero(keep)
    ring = np.searchsorted(starts, firsts, side="right") - 1
    ring_end = starts[ring] + sizes[ring]
    lasts = np.minimum(np.append(firsts[1:], count), ring_end)
    end_points = np.where(lasts == ring_end, starts[ring], np.minimum(lasts, count - 1))
    while True:
        wide = lasts - firsts > 1
        firsts, lasts, end_points = firsts[wide], lasts[wide], end_points[wide]
        if not len(firsts):
            return keep
        inner = lasts - firsts - 1
        begins = np.cumsum(inner) - inner
        chain = np.repeat(np.arange(len(firsts)), inner)
        at = np.arange(len(chain)) - begins[chain] + firsts[chain] + 1
        distance = _off(points, firsts[chain], end_points[chain], at, scale)
        worst = _first_maximum(distance, begins)
        split = distance[worst] > limit
        middle = at[worst][split]
        keep[middle] = True
        firsts, lasts, end_points = firsts[split], lasts[split], end_points[split]
        firsts, lasts, end_points = (
            np.concatenate([firsts, middle]),
            np.concatenate([middle, lasts]),
            np.concatenate([middle, end_points]),
        )


def _off(points: NDArray[np.int32], a: Indices, b: Indices, p: Indices, scale: Floats) -> Floats:
    """Squared distance of each point p from the segment a-b."""
    d = (points[b] - points[a]).astype(np.float64) * scale
    q = (points[p] - points[a]).astype(np.float64) * scale
    dy, dx, py, px = d[:, 0], d[:, 1], q[:, 0], q[:, 1]
    length = dy * dy + dx * dx
    along = py * dy + px * dx
    ey, ex = py - dy, px - dx
    cross = py * dx - px * dy
    with np.errstate(divide="ignore", invalid="ignore"):
        beside = cross * cross / length
    off = np.where(along >= length, ey * ey + ex * ex, beside)
    return np.where(along <= 0.0, py * py + px * px, off)


def _first_maximum(values: Floats, starts: Indices) -> Indices:
    """Index of the first greatest value in each run that begins at ``starts``."""
    sizes = np.diff(np.append(starts, len(values)))
    greatest = np.repeat(np.maximum.reduceat(values, starts), sizes)
    index = np.where(values == greatest, np.arange(len(values)), len(values))
    return np.minimum.reduceat(index, starts)


def _vanished(points: NDArray[np.int32], ring: Indices, keep: NDArray[np.bool_], rings: int) -> NDArray[np.bool_]:
    """Which rings have fewer than three points left, or no area."""
    kept = np.flatnonzero(keep)
    number = ring[kept]
    begins = np.flatnonzero(np.diff(number, prepend=-1) != 0)
    following = np.roll(kept, -1)
    ends = np.append(begins[1:], len(kept)) - 1
    following[ends] = kept[begins]
    p, q = points[kept].astype(np.int64), points[following].astype(np.int64)
    area = np.add.reduceat(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0], begins)
    count = np.bincount(number, minlength=rings)
    return np.asarray((count < 3) | (area == 0), dtype=np.bool_)
