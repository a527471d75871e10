"""Masks to closed contours that give the mask back voxel for voxel, holes as keyholes.

A contour runs through the middles of the edges between a voxel that is set and one that is not (the vertices of
marching squares at one half). Set voxels are 4-connected, so two that touch at a corner have contours of their own.
As many points are dropped as a distance of ``EXACT_PIXELS`` allows: the centre of a voxel is never nearer
than 0.3536 px (a quarter of the diagonal) to such a contour and two contours never nearer than 0.7071 px, so no
voxel changes side and no two contours cross.

A hole is joined to the contour around it by a bridge of zero width, walked there and back over the same
coordinates (DICOM PS3.3 C.8.8.6.3, "keyhole"). Bridges run between two rows of voxel centres and through none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contours import kernel, tracing
from model.contours.structure import BoxedMask

EXACT_PIXELS = tracing.EXACT_PIXELS


@dataclass(frozen=True)
class Outlines:
    """Closed contours of one structure, in the order of the slices.

    ``points`` is (n, 2) int32, twice the (row, column) index of each point in the series; the contours lie in it
    one after the other, ``lengths`` points each, on the slices ``slices`` (index in the series), both (m,) int32.
    """

    points: NDArray[np.int32]
    lengths: NDArray[np.int32]
    slices: NDArray[np.int32]


def outline(
    mask: BoxedMask,
    *,
    spacing: tuple[float, float] = (1.0, 1.0),
    tolerance_mm: float = 0.0,
    keyholes: bool = True,
) -> Outlines:
    """Trace the outlines of a mask.

    Args:
        mask: The voxels, (slice, row, column) bool within its box.
        spacing: Distance of rows, then of columns, in mm.
        tolerance_mm: How far a contour may leave the exact one, in mm; 0, or less than exactness allows anyway, keeps
            every voxel. A ring that would vanish stays exact.
        keyholes: Whether holes are cut out by a narrow channel. Without, they are contours of their own, for readers
            that combine contours by exclusive or.

    Returns:
        The closed contours, in half pixels of the whole series.
    """
    if tolerance_mm <= EXACT_PIXELS * min(spacing):
        tolerance_mm = 0.0
    voxels = mask.voxels
    if kernel.KERNEL is None:
        points, lengths, slices = tracing.trace(voxels, spacing, tolerance_mm, keyholes)
    else:
        raw = kernel.KERNEL.trace(voxels.array, voxels.numbers, *spacing, tolerance_mm, keyholes)
        points, lengths, slices = (np.frombuffer(part, dtype=np.int32) for part in raw)
        points = points.reshape(-1, 2)
    z, y, x = mask.origin
    return Outlines(points + np.array([2 * y, 2 * x], dtype=np.int32), lengths, slices + np.int32(z))
