"""How far points lie from a surface of small patches, which patch is nearest, and on which side of it they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from model.compare.frame import Floats, Indices
from model.compare.patches import Patches
from model.contours import kernel

# Without the compiled part: patches whose centres are nearest are measured, this many, and so many points at a time.
CANDIDATES = 8
MOST_AT_ONCE = 100_000
# Of patches that are equally near, at an edge that they share, the one whose plane is farther tells the side.
SAME_SQUARE = 1e-9


@dataclass(frozen=True)
class Nearest:
    """For each point: mm to the nearest patch, negative on its outer side; and the number of that patch."""

    distances: Floats
    patches: NDArray[np.int32]


def nearest(points: Floats, patches: Patches) -> Nearest:
    """Find the nearest of some patches, at least one, to each of (n, 3) points; quickest where they come in order.

    The compiled part finds it exactly; without it, it is the nearest of those with the nearest centres, which differs
    by less than the size of a patch, and far away from the patches only.
    """
    search = getattr(kernel.KERNEL, "nearest", None)
    if search is None:
        return in_numpy(points, patches)
    distances, numbers = search(np.ascontiguousarray(points), np.ascontiguousarray(patches.fields))
    return Nearest(np.frombuffer(distances, dtype=np.float64), np.frombuffer(numbers, dtype=np.int32))


def in_numpy(points: Floats, patches: Patches) -> Nearest:
    """Find the nearest patches as ``nearest`` does, without the compiled part."""
    tree = cKDTree(patches.centre)
    parts = [_part(points[at : at + MOST_AT_ONCE], patches, tree) for at in range(0, len(points), MOST_AT_ONCE)]
    if not parts:
        return Nearest(np.zeros(0), np.zeros(0, dtype=np.int32))
    return Nearest(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _part(points: Floats, patches: Patches, tree: cKDTree) -> tuple[Floats, NDArray[np.int32]]:
    _, near = tree.query(points, k=min(CANDIDATES, len(patches)))
    near = near.reshape(len(points), -1)
    squares, heights = _apart(points[:, None, :], patches, near)
    least = squares.min(axis=1, keepdims=True)
    equal = squares <= least + SAME_SQUARE * (1 + least)
    best = np.where(equal, np.abs(heights), -1.0).argmax(axis=1)
    rows = np.arange(len(points))
    distances = np.sqrt(least[:, 0]) * np.where(heights[rows, best] > 0, -1.0, 1.0)
    return np.asarray(distances, dtype=np.float64), near[rows, best].astype(np.int32)


def _apart(points: Floats, patches: Patches, near: Indices) -> tuple[Floats, Floats]:
    """Squared distances in mm² and heights above the planes of the patches in mm, both (n, candidates)."""
    way = points - patches.centre[near]
    first, second, halves = patches.first[near], patches.second[near], patches.halves[near]
    along = np.abs(np.einsum("nkj,nkj->nk", way, first)) - halves[..., 0]
    across = np.abs(np.einsum("nkj,nkj->nk", way, second)) - halves[..., 1]
    above = np.einsum("nkj,nkj->nk", way, np.cross(first, second))
    squares = above**2 + np.maximum(along, 0.0) ** 2 + np.maximum(across, 0.0) ** 2
    return squares, above
