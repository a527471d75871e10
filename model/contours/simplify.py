"""Dropping points of rings: the fewest chords that pass all points within a tolerance, in plain numpy.

Of all ways to choose among the points of a ring the shortest path over the admissible chords has the fewest (Imai and
Iri 1988); measured on organs it keeps three fifths of what Douglas and Peucker's method keeps at the
same tolerance. The distances are computed as in the compiled part, operation by operation, so both keep the same
points.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# How far, in pixels, an exact contour may be from the middles of the edges; see model.contours.outlines.
EXACT_PIXELS = 0.34
# Candidates that one chord may span: longer ones are rare, and the work grows with the square.
LONGEST_CHORD = 48
# Candidates are the corners, and points that part a straight run between two corners in three. Measured on thirty
# structures: corners alone 562,000 points, in two 457,000, in three 416,000, in six 389,000, every point 388,000.
RUN_PARTS = 3


def simplify(
    points: NDArray[np.int32], starts: Indices, linked: Flags, spacing: tuple[float, float], tolerance_mm: float
) -> Flags:
    """Tell which points of the rings stay.

    Args:
        points: (n, 2) int32 in half pixels, rings one after the other; the first point of a ring stays.
        starts: (m,) where in ``points`` each ring begins.
        linked: (n,) bool, points that stay because a keyhole begins there.
        spacing: Distance of rows, then of columns, in mm.
        tolerance_mm: How far a contour may leave the exact one, in mm; a ring that would vanish stays exact.

    Returns:
        (n,) bool.
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


def _kept(points: NDArray[np.int32], starts: Indices, linked: Flags, scale: Floats, limit: float) -> Flags:
    ends = np.append(starts[1:], len(points))
    before, after = np.arange(len(points)) - 1, np.arange(len(points)) + 1
    before[starts], after[ends - 1] = ends - 1, starts
    corner = linked | (points[after] - points[np.arange(len(points))] != points - points[before]).any(axis=1)
    corner[starts] = True
    # Nodes: the candidates of each ring, and after the last its first once more.
    chosen = _candidates(np.flatnonzero(corner), len(points))
    ring = np.searchsorted(starts, chosen, side="right") - 1
    closing = np.searchsorted(ring, np.arange(len(starts)), side="right")
    nodes = np.insert(chosen, closing, starts)
    is_end = np.zeros(len(nodes), dtype=np.bool_)
    is_end[closing + np.arange(len(starts))] = True
    stop = is_end | linked[nodes]
    # A chord may reach the next node that must stay, and no further.
    stops = np.flatnonzero(stop)
    reach = stops[np.minimum(np.searchsorted(stops, np.arange(len(nodes)), side="right"), len(stops) - 1)]
    reach[is_end] = -1
    sources, targets = _chords(points[nodes], reach, scale, limit)
    parent = _fewest(sources, targets, np.flatnonzero(is_end), len(nodes))
    keep = np.zeros(len(points), dtype=np.bool_)
    keep[starts] = True
    walk = parent[is_end]
    while len(walk):
        keep[nodes[walk]] = True
        walk = parent[walk]
        walk = walk[walk >= 0]
    return keep


def _candidates(corners: Indices, count: int) -> Indices:
    """Corners and the points that part the runs between them."""
    run = np.diff(np.append(corners, count))
    parts = np.minimum(run, RUN_PARTS)
    between = [(corners + run * part // np.maximum(parts, 1))[parts > part] for part in range(1, RUN_PARTS)]
    return np.sort(np.concatenate([corners, *between]))


def _chords(points: NDArray[np.int32], reach: Indices, scale: Floats, limit: float) -> tuple[Indices, Indices]:
    """All admissible chords (from, to) between nodes: neighbours, and those that pass what they span."""
    begins = np.flatnonzero(reach >= 0)
    sources, targets = [begins], [begins + 1]
    cone = _Cones(len(begins), limit * (1.0 + 1e-9))
    for span in range(2, LONGEST_CHORD + 1):
        passed = _away(points, begins, begins + span - 1, scale)
        going = cone.narrow(passed) & (begins + span <= reach[begins])
        begins = begins[going]
        cone.keep(going)
        if not len(begins):
            break
        ends = begins + span
        admissible = cone.inside(_away(points, begins, ends, scale))
        for inner in range(1, span):
            left = np.flatnonzero(admissible)
            near = _off(points, begins[left], ends[left], begins[left] + inner, scale) <= limit
            admissible[left] = near
        sources.append(begins[admissible])
        targets.append(ends[admissible])
    return np.concatenate(sources), np.concatenate(targets)


def _fewest(sources: Indices, targets: Indices, ends: Indices, count: int) -> Indices:
    """Parent of each node on a path of fewest chords from its ring's first node, the earliest such; -1 for firsts."""
    order = np.argsort(sources, kind="stable")
    sources, targets = sources[order], targets[order]
    first = np.searchsorted(sources, np.arange(count + 1))
    parent = np.full(count, -1, dtype=np.int64)
    seen = np.zeros(count, dtype=np.bool_)
    frontier = np.append(0, ends[:-1] + 1)
    seen[frontier] = True
    while len(frontier):
        number = first[frontier + 1] - first[frontier]
        at = np.repeat(first[frontier] - (np.cumsum(number) - number), number) + np.arange(int(number.sum()))
        fresh = at[~seen[targets[at]]]
        # Backwards, so that of several parents the smallest is written last.
        parent[targets[fresh][::-1]] = sources[fresh][::-1]
        frontier = np.unique(targets[fresh])
        seen[frontier] = True
    return parent


class _Cones:
    """For each node the directions that pass all points seen so far; rules out only what distances rule out too."""

    def __init__(self, count: int, limit: float) -> None:
        self.low = np.zeros((count, 2))
        self.high = np.zeros((count, 2))
        self.narrowed = np.zeros(count, dtype=np.bool_)
        self.limit = limit

    def narrow(self, away: Floats) -> Flags:
        """Narrow each cone by one more point, (n, 2) from its apex; tells which have a direction left."""
        y, x = away[:, 0], away[:, 1]
        square = y * y + x * x
        usable = square >= 2.0 * self.limit
        side, forward = np.sqrt(self.limit), np.sqrt(np.maximum(square - self.limit, 0.0))
        low = np.stack([y * forward - x * side, x * forward + y * side], axis=1)
        high = np.stack([y * forward + x * side, x * forward - y * side], axis=1)
        old = usable & self.narrowed
        gone = old & ((_turn(self.low, high) < 0.0) | (_turn(low, self.high) < 0.0))
        new = usable & ~self.narrowed
        self.low = np.where((new | (old & (_turn(self.low, low) > 0.0)))[:, None], low, self.low)
        self.high = np.where((new | (old & (_turn(high, self.high) > 0.0)))[:, None], high, self.high)
        self.narrowed |= usable
        return np.asarray(~gone, dtype=np.bool_)

    def inside(self, away: Floats) -> Flags:
        """Whether a direction is in each cone."""
        within = (_turn(self.low, away) >= 0.0) & (_turn(away, self.high) >= 0.0)
        return np.asarray(~self.narrowed | within, dtype=np.bool_)

    def keep(self, which: Flags) -> None:
        """Go on with some of the cones."""
        self.low, self.high, self.narrowed = self.low[which], self.high[which], self.narrowed[which]


def _turn(first: Floats, second: Floats) -> Floats:
    return first[:, 1] * second[:, 0] - first[:, 0] * second[:, 1]


def _away(points: NDArray[np.int32], a: Indices, b: Indices, scale: Floats) -> Floats:
    return (points[b] - points[a]).astype(np.float64) * scale


def _off(points: NDArray[np.int32], a: Indices, b: Indices, p: Indices, scale: Floats) -> Floats:
    """Squared distance of each point p from the segment a-b."""
    d, q = _away(points, a, b, scale), _away(points, a, p, scale)
    dy, dx, py, px = d[:, 0], d[:, 1], q[:, 0], q[:, 1]
    length = dy * dy + dx * dx
    along = py * dy + px * dx
    ey, ex = py - dy, px - dx
    cross = py * dx - px * dy
    with np.errstate(divide="ignore", invalid="ignore"):
        beside = cross * cross / length
    off = np.where(along >= length, ey * ey + ex * ex, beside)
    return np.where(along <= 0.0, py * py + px * px, off)


def _vanished(points: NDArray[np.int32], ring: Indices, keep: Flags, rings: int) -> Flags:
    """Which rings have fewer than three points left, or no area."""
    kept = np.flatnonzero(keep)
    number = ring[kept]
    begins = np.flatnonzero(np.diff(number, prepend=-1) != 0)
    following = np.roll(kept, -1)
    following[np.append(begins[1:], len(kept)) - 1] = kept[begins]
    p, q = points[kept].astype(np.int64), points[following].astype(np.int64)
    area = np.add.reduceat(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0], begins)
    count = np.bincount(number, minlength=rings)
    return np.asarray((count < 3) | (area == 0), dtype=np.bool_)
