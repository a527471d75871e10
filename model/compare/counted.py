"""What is counted in the masks: volumes, overlap, centroids, and the path that people drew anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.compare.pair import MaskPair
from model.series.geometry import SeriesGeometry

Point = tuple[float, float, float]


def voxel_volumes(pair: MaskPair, geometry: SeriesGeometry) -> NDArray[np.float64]:
    """(slices,) mm³ of a voxel on each slice of the pair."""
    first = pair.origin[0]
    rows, columns = geometry.common.spacing
    return geometry.thicknesses[first : first + len(pair.reference)] * rows * columns


def counts(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(slices,) how many voxels of a (slice, row, column) mask are set."""
    return np.array([np.count_nonzero(sheet) for sheet in mask], dtype=np.int64)


def volume_mm3(mask: NDArray[np.bool_], volumes: NDArray[np.float64]) -> float:
    """Return the volume of a (slice, row, column) mask: each voxel by what its slice stands for."""
    return float(counts(mask) @ volumes)


def centroid(mask: NDArray[np.bool_], pair: MaskPair, geometry: SeriesGeometry) -> NDArray[np.float64]:
    """(3,) LPS mm: the mean position of the voxels' centres, each weighted with its volume."""
    z, y, x = pair.origin
    volumes = voxel_volumes(pair, geometry)
    down, along = np.ones(mask.shape[1], dtype=np.float32), np.ones(mask.shape[2], dtype=np.float32)
    total, weight = np.zeros(3), 0.0
    for sheet, plane, volume in zip(mask, geometry.planes[z : z + len(mask)], volumes, strict=True):
        # As numbers for the sake of matrix products, which are quick; counts of voxels are exact in float32.
        numbers = sheet.astype(np.float32)
        rows, columns = numbers @ along, down @ numbers
        count = float(rows.sum(dtype=np.float64))
        row = float((np.arange(len(rows)) + y) @ rows) * plane.spacing[0]
        column = float((np.arange(len(columns)) + x) @ columns) * plane.spacing[1]
        at = np.array(plane.column_direction) * row + np.array(plane.row_direction) * column
        total += volume * (count * np.array(plane.position) + at)
        weight += volume * count
    return total / weight


def added_path(reference: NDArray[np.bool_], other: NDArray[np.bool_], geometry: SeriesGeometry) -> float:
    """Return the length in mm of the other contour that is no contour of the reference.

    Counted as published (Vaassen et al. 2020): voxels of the other mask's rim, slice by slice, that are not on the
    reference's rim, each as long as a pixel. A voxel is on the rim when one of its four neighbours on the slice is not
    set, or lies beyond the image. Both are masks (slice, row, column) of the slices that have changed.
    """
    rows, columns = geometry.common.spacing
    added = rim(other)
    added &= ~rim(reference)
    return float(np.count_nonzero(added)) * float(np.sqrt(rows * columns))


def rim(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the voxels of a (slice, row, column) mask with a neighbour on their slice that is not set."""
    inner = mask.copy()
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    inner[:, :, 1:] &= mask[:, :, :-1]
    inner[:, :, :-1] &= mask[:, :, 1:]
    inner[:, [0, -1]] = False
    inner[:, :, [0, -1]] = False
    np.logical_xor(mask, inner, out=inner)
    return inner
