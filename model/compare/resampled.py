"""Contours on other planes than the slices of the series: on which of its slices two ROIs are compared.

A planning system that keeps structures on planes of its own gives back every second slice, or planes between slices.
Slices that it skipped by its own step are no slices that somebody erased.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.compare.shape import RoiShape
from model.contours.structure import BoxedMask
from model.rtstruct.planes import PlacedContours
from model.series.geometry import SeriesGeometry

# Fewer planes have no step of their own.
LEAST_PLANES = 3
# Steps are equal within this part of themselves, as heights are rounded.
EQUAL = 0.1
# A step of this many slices skips some.
SPARSE = 1.2
# A contour this far from its slice, in parts of the slice, lies off it.
OFF_SLICE = 0.1
ROUNDING_MM = 0.05


@dataclass(frozen=True)
class OwnPlanes:
    """How an ROI lies on planes of its own.

    ``slices`` are the indices of the slices on which it can be compared, None where all are: its planes skip none.
    ``off_mm`` is how far its contours lie from the slices on which they are compared; 0 where they lie on them.
    """

    slices: NDArray[np.int64] | None
    off_mm: float


def own_planes(contours: PlacedContours, geometry: SeriesGeometry) -> OwnPlanes | None:
    """Return how the contours of an ROI lie on planes of their own; None when they lie on the slices, skipping none."""
    if not len(contours.slices):
        return None
    starts = np.cumsum(contours.lengths) - contours.lengths
    heights = contours.points[starts] @ geometry.normal
    off = np.abs(heights - geometry.offsets[contours.slices])
    is_off = off > ROUNDING_MM + OFF_SLICE * geometry.thicknesses[contours.slices]
    off_mm = float(off.max()) if bool(is_off.any()) else 0.0
    slices = _of_its_step(contours.slices, heights, geometry)
    return None if slices is None and not off_mm else OwnPlanes(slices, off_mm)


def on_slices(shape: RoiShape, slices: NDArray[np.int64]) -> RoiShape:
    """Return an ROI on some slices of its series only, which are numbered anew from 0."""
    numbers = {int(old): new for new, old in enumerate(slices)}
    z, y, x = shape.mask.origin
    depth = len(shape.mask.array)
    within = [(new, old - z) for old, new in numbers.items() if z <= old < z + depth]
    if within:
        first = within[0][0]
        array = np.zeros((within[-1][0] - first + 1, *shape.mask.array.shape[1:]), dtype=np.bool_)
        for new, old in within:
            array[new - first] = shape.mask.array[old]
        mask = BoxedMask.crop(array, (first, y, x))
    else:
        mask = BoxedMask((0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
    keep = np.isin(shape.contours.slices, slices)
    return RoiShape(
        mask,
        PlacedContours(
            shape.contours.points[np.repeat(keep, shape.contours.lengths)],
            shape.contours.lengths[keep],
            np.array([numbers[int(one)] for one in shape.contours.slices[keep]], dtype=np.int32),
        ),
    )


def geometry_on(geometry: SeriesGeometry, slices: NDArray[np.int64]) -> SeriesGeometry:
    """Return the series with some of its slices only, each standing for as much as its neighbours leave it."""
    # Numbers that skip would say that slices were lost.
    planes = tuple(replace(geometry.planes[int(one)], number=None) for one in slices)
    return replace(geometry, planes=planes)


def _of_its_step(
    drawn: NDArray[np.int32], heights: NDArray[np.float64], geometry: SeriesGeometry
) -> NDArray[np.int64] | None:
    """Slices nearest to the planes that a regular step of more than a slice makes, to both ends of the series."""
    indices, first = np.unique(drawn, return_index=True)
    if len(indices) < LEAST_PLANES:
        return None
    levels = heights[first]
    steps, jumps = np.diff(levels), np.diff(indices)
    step = float(np.median(steps))
    if step <= SPARSE * geometry.spacing_mm or int(jumps.max()) < 2:
        return None
    if bool(np.all(jumps == jumps[0])):
        stride = int(jumps[0])
        return np.arange(int(indices[0]) % stride, len(geometry.planes), stride, dtype=np.int64)
    if bool(np.any(np.abs(steps - step) > EQUAL * step)):
        return None
    below = int((levels[0] - geometry.offsets[0]) // step)
    count = below + len(levels) + int((geometry.offsets[-1] - levels[-1]) // step)
    planned = levels[0] + (np.arange(count) - below) * step
    return np.union1d(geometry.nearest(planned), indices).astype(np.int64)
