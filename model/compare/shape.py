"""One ROI as it is compared: its mask on the grid of the series, and the contours that it was filled from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contours.outlines import outline
from model.contours.structure import BoxedMask
from model.rtstruct.planes import PlacedContours
from model.rtstruct.read import RoiMask
from model.series.geometry import SeriesGeometry


@dataclass(frozen=True)
class RoiShape:
    """A mask on the grid of the series, and its contours in patient coordinates.

    What is counted (volume, overlap, slices, added path) is counted in the mask; distances are measured between
    the contours, which know more than the corners of voxels.
    """

    mask: BoxedMask
    contours: PlacedContours

    def on_slices(self, kept: NDArray[np.bool_]) -> RoiShape:
        """Return the part on some slices; ``kept`` is (slices of the series,) bool."""
        first = self.mask.origin[0]
        array = self.mask.array & kept[first : first + len(self.mask.array), None, None]
        lengths, slices = self.contours.lengths, self.contours.slices
        chosen = kept[slices]
        points = self.contours.points[np.repeat(chosen, lengths)]
        return RoiShape(
            BoxedMask.crop(array, self.mask.origin), PlacedContours(points, lengths[chosen], slices[chosen])
        )


def shape_of_roi(roi: RoiMask, geometry: SeriesGeometry) -> RoiShape:
    """Return an ROI as it was read; without contours it gets those of its mask."""
    return shape_of_mask(roi.mask, geometry) if roi.contours is None else RoiShape(roi.mask, roi.contours)


def shape_of_mask(mask: BoxedMask, geometry: SeriesGeometry) -> RoiShape:
    """Return a shape whose contours are traced around a mask, as a structure set of it would have them."""
    traced = outline(mask, spacing=geometry.common.spacing, keyholes=False)
    if not len(traced.slices):
        return RoiShape(mask, PlacedContours(np.zeros((0, 3)), traced.lengths, traced.slices))
    positions, directions = geometry.positions, _steps(geometry)
    slices = np.repeat(traced.slices, traced.lengths)
    points = positions[slices] + np.einsum("nij,ni->nj", directions[slices], traced.points / 2)
    return RoiShape(mask, PlacedContours(points, traced.lengths, traced.slices))


def _steps(geometry: SeriesGeometry) -> np.ndarray[tuple[int, int, int], np.dtype[np.float64]]:
    """(slices, 2, 3) mm from a voxel to the next one down its column, and to the next one along its row."""
    return np.array(
        [
            (
                np.array(plane.column_direction) * plane.spacing[0],
                np.array(plane.row_direction) * plane.spacing[1],
            )
            for plane in geometry.planes
        ],
        dtype=np.float64,
    )
