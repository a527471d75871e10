"""How many voxels a structure has on each slice, row and column of its box: one pass for all three."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contours import kernel
from model.contours.voxels import Voxels


@dataclass(frozen=True)
class Counts:
    """Set voxels, int64 each: ``slices`` (slices,), ``rows`` (rows,) and ``columns`` (columns,)."""

    slices: NDArray[np.int64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    @property
    def all(self) -> int:
        """Set voxels."""
        return int(self.slices.sum())


def counts_of(voxels: Voxels) -> Counts:
    """Count the voxels of a structure."""
    if kernel.KERNEL is None:
        return counted(voxels.mask())
    found = np.frombuffer(kernel.KERNEL.counts(voxels.array, voxels.numbers), dtype=np.int64)
    slices, rows, _ = voxels.array.shape
    return Counts(found[:slices], found[slices : slices + rows], found[slices + rows :])


def counted(mask: NDArray[np.bool_]) -> Counts:
    """Count the voxels of a (slice, row, column) mask in numpy, as the compiled part does."""
    along = np.zeros(mask.shape[1:], dtype=np.int32)
    for sheet in mask.view(np.uint8):
        along += sheet
    # Slice by slice, which numpy counts five times as fast as over two axes.
    slices = np.array([np.count_nonzero(sheet) for sheet in mask], dtype=np.int64)
    return Counts(slices, along.sum(axis=1, dtype=np.int64), along.sum(axis=0, dtype=np.int64))
