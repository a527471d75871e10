"""Contours in plain numpy: the same points as the compiled ``trace``, for machines without a compiler.

All edges of all slices are handled at once. An edge between a voxel that is set and one that is not is an element
of a linked list whose successor follows from the two voxels ahead; rings are the cycles of that list, and both
their order and the order of points in a contour with keyholes come from ranking such lists by doubling
(Wyllie 1979). No step loops over points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contours.simplify import EXACT_PIXELS, simplify
from model.contours.voxels import Voxels

Indices = NDArray[np.int64]

# The sides of a voxel in the order of a right turn, and the step ahead along each with the voxel on the right.
TOP, RIGHT, BOTTOM, LEFT = range(4)
EDGE = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])
AHEAD = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])


# Voxels whose edges are followed in one go: about 70 bytes of memory each.
VOXELS_AT_ONCE = 500_000


@dataclass(frozen=True)
class Rings:
    """Closed rings of edge middles, each beginning with its first edge in raster order.

    ``points`` (n, 2) in half pixels; ``starts`` (m,) index of each ring's first point, rings in raster order of them
    on each slice; ``slices`` and ``holes`` (m,).
    """

    points: NDArray[np.int32]
    starts: Indices
    slices: Indices
    holes: NDArray[np.bool_]

    @property
    def lengths(self) -> Indices:
        """Points of each ring."""
        return np.diff(np.append(self.starts, len(self.points)))


def trace(
    voxels: Voxels, spacing: tuple[float, float], tolerance_mm: float, keyholes: bool
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Trace the outlines of a structure in numpy, as the compiled part does.

    Args:
        voxels: (slice, row, column), a mask or numbers of a label map.
        spacing: Distance of rows, then of columns, in mm.
        tolerance_mm: How far a contour may leave the exact one, in mm.
        keyholes: Whether holes are cut out by a narrow channel.

    Returns:
        Points (n, 2), lengths (m,) and slices (m,), int32, as in ``model.contours.outlines.Outlines``.
    """
    points, lengths, slices = [np.zeros((0, 2), np.int32)], [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    count, rows, columns = voxels.array.shape
    step = max(1, VOXELS_AT_ONCE // max(1, rows * columns))
    for first in range(0, count, step):
        part = voxels.part(slice(first, first + step)).mask()
        if part.any():
            found = _trace(part, spacing, tolerance_mm, keyholes)
            points.append(found[0])
            lengths.append(found[1])
            slices.append(found[2] + np.int32(first))
    return np.concatenate(points), np.concatenate(lengths), np.concatenate(slices)


def _trace(
    mask: NDArray[np.bool_], spacing: tuple[float, float], tolerance_mm: float, keyholes: bool
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    padded = np.pad(mask, ((0, 0), (1, 1), (1, 1)))
    rings, position = _rings(padded)
    links = _links(padded, rings, position) if keyholes else np.full(len(rings.points), -1, dtype=np.int64)
    keep = simplify(rings.points, rings.starts, links >= 0, spacing, tolerance_mm)
    order, lengths = _contours(rings, links, keep, keyholes)
    outer = ~rings.holes if keyholes else np.ones(len(rings.starts), dtype=np.bool_)
    return rings.points[order], lengths.astype(np.int32), rings.slices[outer].astype(np.int32)


def _rings(padded: NDArray[np.bool_]) -> tuple[Rings, Indices]:
    """Follow all edges; also returns, for each cell of the grid of half pixels, the point on it (or -1)."""
    count, height, width = padded.shape
    strides = np.array([height * width, width, 1])
    flat = padded.reshape(-1)
    # Edges as (voxel, side), one array per side; an edge's number is its place among all.
    voxels = [np.flatnonzero(padded & ~np.roll(padded, tuple(-step), axis=(1, 2))) for step in EDGE]
    numbers = np.full((4, flat.size), -1, dtype=np.int64)
    base = 0
    for side in range(4):
        numbers[side, voxels[side]] = base + np.arange(len(voxels[side]))
        base += len(voxels[side])
    following = []
    for side in range(4):
        ahead = voxels[side] + AHEAD[side] @ strides[1:]
        left = ahead + EDGE[side] @ strides[1:]
        turn_right = ~flat[ahead]
        turn_left = ~turn_right & flat[left]
        straight = numbers[side, ahead]
        target = np.where(turn_right, numbers[(side + 1) % 4, voxels[side]], straight)
        following.append(np.where(turn_left, numbers[(side + 3) % 4, left], target))
    succ = np.concatenate(following)
    side_of = np.repeat(np.arange(4), [len(part) for part in voxels])
    voxel = np.concatenate(voxels)
    z, rest = np.divmod(voxel, height * width)
    r, c = np.divmod(rest, width)
    y, x = 2 * (r - 1) + EDGE[side_of, 0], 2 * (c - 1) + EDGE[side_of, 1]
    # Raster order of horizontal edges decides where rings begin; vertical edges never do.
    grid_h, grid_w = 2 * height, 2 * width
    cell = (z * grid_h + y + 2) * grid_w + x + 2
    raster = np.where(side_of % 2 == 0, cell, np.iinfo(np.int64).max)
    first = _cycle_minimum(succ, raster)
    begins = np.flatnonzero(raster == first)
    begins = begins[np.argsort(raster[begins])]
    place = _ranks(_cut(succ, begins), len(succ))
    ring_number = np.searchsorted(raster[begins], first)
    order = np.lexsort((-place, ring_number))
    sizes = np.bincount(ring_number, minlength=len(begins))
    position = np.full(count * grid_h * grid_w, -1, dtype=np.int64)
    position[cell[order]] = np.arange(len(order))
    points = np.stack([y[order], x[order]], axis=1).astype(np.int32)
    rings = Rings(points, np.cumsum(sizes) - sizes, z[begins], side_of[begins] == BOTTOM)
    return rings, position


def _links(padded: NDArray[np.bool_], rings: Rings, position: Indices) -> Indices:
    """For each point the hole that is bridged to it, else -1.

    A bridge leaves the first point of a hole to the left, between two rows of voxels that are both set, and ends
    at the first edge of an earlier ring.
    """
    _, height, width = padded.shape
    links = np.full(len(rings.points), -1, dtype=np.int64)
    holes = np.flatnonzero(rings.holes)
    if not len(holes):
        return links
    z = rings.slices[holes]
    start = rings.points[rings.starts[holes]]
    row, column = (start[:, 0].astype(np.int64) + 1) // 2 + 1, start[:, 1].astype(np.int64) // 2 + 1
    above, here = padded[z, row - 1], padded[z, row]
    # Last column left of the hole where not both rows are set.
    columns = np.arange(width)
    stops = np.where(~(above & here) & (columns < column[:, None]), columns, -1)
    stop = stops.max(axis=1)
    number = np.arange(len(holes))
    between = above[number, stop] | here[number, stop]
    # On an edge between the rows, else on the edge that ends the run in the hole's row.
    y = np.where(between, 2 * (row - 1) - 1, 2 * (row - 1))
    x = np.where(between, 2 * (stop - 1), 2 * (stop - 1) + 1)
    target = position[(z * 2 * height + y + 2) * 2 * width + x + 2]
    links[target] = holes
    return links


def _contours(rings: Rings, links: Indices, keep: NDArray[np.bool_], keyholes: bool) -> tuple[Indices, Indices]:
    """Order the kept points into contours, bridges walked there and back; returns points and contour lengths."""
    kept = np.flatnonzero(keep)
    ring_of = np.repeat(np.arange(len(rings.starts)), rings.lengths)
    if not keyholes or not rings.holes.any():
        return kept, np.bincount(ring_of[kept], minlength=len(rings.starts))
    total = len(rings.points)
    anchors, holes = np.flatnonzero(links >= 0), links[links >= 0]
    # Elements of the list: points, then each bridge's second visit to its anchor, then to its hole's first point.
    back = total + np.arange(len(holes))
    closing = back + len(holes)
    visited = np.concatenate([np.arange(total), anchors, rings.starts[holes]])
    succ = np.full(total + 2 * len(holes), -1, dtype=np.int64)
    succ[kept[:-1]] = kept[1:]
    ends = np.flatnonzero(np.diff(np.append(ring_of[kept], -1)) != 0)
    end_of = np.empty(len(rings.starts), dtype=np.int64)
    end_of[ring_of[kept[ends]]] = kept[ends]
    succ[end_of] = -1
    succ[end_of[holes]] = closing
    succ[back] = succ[anchors]
    succ[closing] = back
    succ[anchors] = rings.starts[holes]
    rank = _ranks(succ, len(succ))
    last = _list_end(succ)
    members = np.concatenate([kept, back, closing])
    contour = ring_of[visited[last[members]]]
    order = members[np.lexsort((-rank[members], contour))]
    return visited[order], np.bincount(contour, minlength=len(rings.starts))[~rings.holes]


def _cut(succ: Indices, begins: Indices) -> Indices:
    """Open each cycle before its beginning: the element that leads there becomes the last."""
    is_begin = np.zeros(len(succ), dtype=np.bool_)
    is_begin[begins] = True
    return np.where(is_begin[succ], -1, succ)


def _cycle_minimum(succ: Indices, values: Indices) -> Indices:
    """Smallest value on the cycle of each element."""
    smallest, jump = values.copy(), succ.copy()
    while True:
        better = np.minimum(smallest, smallest[jump])
        if np.array_equal(better, smallest) and np.array_equal(better, better[succ]):
            return better
        smallest, jump = better, jump[jump]


def _ranks(succ: Indices, count: int) -> Indices:
    """Return the number of elements after each one in its list (-1 ends a list)."""
    rank = (succ >= 0).astype(np.int64)
    jump = np.where(succ >= 0, succ, np.arange(count))
    while True:
        further = jump[jump]
        rank = rank + rank[jump]
        if np.array_equal(further, jump):
            return rank
        jump = further


def _list_end(succ: Indices) -> Indices:
    """Last element of the list of each element."""
    jump = np.where(succ >= 0, succ, np.arange(len(succ)))
    while True:
        further = jump[jump]
        if np.array_equal(further, jump):
            return jump
        jump = further


__all__ = ["EXACT_PIXELS", "trace"]
