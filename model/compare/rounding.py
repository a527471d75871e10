"""Do two masks differ by nothing but the rounding of points to two decimals, or to one where one is all there is?

Contours of long straight edges, ours or drawn by others, may run through a voxel's centre: whether that voxel is inside
then depends on a hundredth of a millimetre, or on a tenth where a system writes no more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.compare.pair import pair_of
from model.compare.shape import RoiShape
from model.rtstruct.planes import PlacedContours
from model.series.geometry import SeriesGeometry

# Coordinates that agree with their rounded ones within this are written so.
WRITTEN_MM = 1e-6
# Rounding moves single voxels; more than these are an edit, whatever they lie near to.
MOST_VOXELS = 2000


def differ_by_rounding(one: RoiShape, other: RoiShape, geometry: SeriesGeometry) -> bool:
    """Whether each voxel that only one of two ROIs has lies within rounding on a contour of both."""
    within = _rounding_mm(other.contours.points)
    pair = pair_of(one.mask, other.mask)
    differing = pair.reference != pair.other
    if np.count_nonzero(differing) > MOST_VOXELS:
        return False
    voxels = np.argwhere(differing) + np.array(pair.origin)
    for number in np.unique(voxels[:, 0]):
        plane = geometry.planes[int(number)]
        on_slice = voxels[voxels[:, 0] == number].astype(np.float64)
        across = np.array([plane.column_direction, plane.row_direction])
        centres = on_slice[:, 1:] * np.array(plane.spacing)
        for contours in (one.contours, other.contours):
            starts, ends = _edges(contours, int(number))
            position = np.array(plane.position)
            if not _all_near(centres, (starts - position) @ across.T, (ends - position) @ across.T, within):
                return False
    return True


def _rounding_mm(points: NDArray[np.float64]) -> float:
    """Return how far rounding moves points that are written as these are, and what float64 loses on the way.

    Half of the last decimal on each axis; of more decimals than two, of the second.
    """
    tenths = 10.0 * points
    last = 0.1 if bool(np.all(np.abs(tenths - np.rint(tenths)) <= 10 * WRITTEN_MM)) else 0.01
    return float(last / 2 * np.sqrt(3) + 1e-4)


def _edges(contours: PlacedContours, number: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 3) where each edge of the contours on one slice begins and where it ends."""
    bounds = np.cumsum(contours.lengths)
    starts, ends = [np.zeros((0, 3))], [np.zeros((0, 3))]
    for index in np.flatnonzero(contours.slices == number):
        points = contours.points[bounds[index] - contours.lengths[index] : bounds[index]]
        starts.append(points)
        ends.append(np.roll(points, -1, axis=0))
    return np.concatenate(starts), np.concatenate(ends)


def _all_near(
    centres: NDArray[np.float64], starts: NDArray[np.float64], ends: NDArray[np.float64], within: float
) -> bool:
    """Whether each of some points (n, 2) lies this near to one of some edges, all in mm on the slice."""
    if not len(starts):
        return False
    along = ends - starts
    squared = np.maximum(np.einsum("ij,ij->i", along, along), 1e-12)
    for centre in centres:
        part = np.clip(np.einsum("ij,ij->i", centre - starts, along) / squared, 0.0, 1.0)
        if np.hypot(*(starts + part[:, None] * along - centre).T).min() > within:
            return False
    return True
