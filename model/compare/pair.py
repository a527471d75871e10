"""Two masks of one series in the box that holds both, and what their slices have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask


@dataclass(frozen=True)
class MaskPair:
    """``reference`` and ``other`` are (slice, row, column) bool of one shape from the voxel ``origin`` on."""

    origin: tuple[int, int, int]
    reference: NDArray[np.bool_]
    other: NDArray[np.bool_]


@dataclass(frozen=True)
class SliceCounts:
    """How the slices of two masks differ.

    Edited slices have a voxel that only one has. ``missing`` ones have no voxel in one mask, between its first and
    its last, and some in the other. ``cut`` ones lie beyond the first or last of one mask and have voxels in the other.
    ``changed`` and ``common`` are (slices,) bool over the pair's slices: those edited, those with voxels of both.
    """

    missing: int
    cut: int
    changed: NDArray[np.bool_]
    common: NDArray[np.bool_]

    @property
    def edited(self) -> int:
        """How many slices have changed."""
        return int(np.count_nonzero(self.changed))


def pair_of(reference: BoxedMask, other: BoxedMask) -> MaskPair:
    """Put two masks into one box; an empty one takes no part in how large it is."""
    boxes = [mask for mask in (reference, other) if mask.array.size]
    if not boxes:
        nothing = np.zeros((0, 0, 0), dtype=np.bool_)
        return MaskPair((0, 0, 0), nothing, nothing)
    low = np.min([mask.origin for mask in boxes], axis=0)
    high = np.max([np.add(mask.origin, mask.array.shape) for mask in boxes], axis=0)
    z, y, x = (int(value) for value in low)
    return MaskPair((z, y, x), *(_placed(mask, low, high) for mask in (reference, other)))


def _placed(mask: BoxedMask, low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.bool_]:
    shape = tuple(int(value) for value in high - low)
    if mask.array.shape == shape:
        return mask.array
    placed = np.zeros(shape, dtype=np.bool_)
    if mask.array.size:
        z, y, x = (int(value) for value in np.subtract(mask.origin, low))
        d, h, w = mask.array.shape
        placed[z : z + d, y : y + h, x : x + w] = mask.array
    return placed


def slice_counts(pair: MaskPair) -> SliceCounts:
    """Count the slices on which the masks differ, and how."""
    has, other_has = (np.asarray(mask.any(axis=(1, 2)), dtype=np.bool_) for mask in (pair.reference, pair.other))
    alone = has ^ other_has
    between = _within(has) & ~has | _within(other_has) & ~other_has
    return SliceCounts(
        missing=int(np.count_nonzero(alone & between)),
        cut=int(np.count_nonzero(alone & ~between)),
        changed=np.asarray((pair.reference != pair.other).any(axis=(1, 2)), dtype=np.bool_),
        common=has & other_has,
    )


def _within(has: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(slices,) bool: from the first to the last that is set."""
    return np.logical_or.accumulate(has) & np.logical_or.accumulate(has[::-1])[::-1]
