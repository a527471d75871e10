"""Contours of one ROI to its mask: which contours lie in one plane, and which plane is drawn on which slice.

Exclusive or, keyholes and holes act among the contours of one plane (DICOM PS3.3 C.8.8.6.3). Contours that are denser
than the slices, or lie between them, are planes of their own: each slice takes the nearest, and none cancels another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contours.filling import fill
from model.contours.structure import BoxedMask
from model.rtstruct.overlaps import overlapping_slices
from model.series.geometry import SeriesGeometry

# A contour whose points are farther than this from one plane, in parts of a slice, is not drawn on slices.
WARP = 0.25
# Contours written with few decimals may miss their slice by this much, however thin the slices are.
ROUNDING_MM = 0.05
# Heights nearer than this part of the usual distance of an ROI's planes are one plane, rounded otherwise.
SAME_PLANE = 0.25
# Two contours whose boxes and centres differ by less than this, in pixels, and whose areas by less than this part, are
# one that was written twice: between them lies no structure, and exclusive or would leave nothing of either.
REPEATED_PIXELS, REPEATED_AREA = 0.1, 0.02
MOST_COMPARED = 1000
# The centre of the first voxel beyond an image lies half a pixel from its edge: contours nearer to it lose none.
BEYOND_PIXELS = 0.5


@dataclass(frozen=True)
class PlacedContours:
    """The closed contours that a mask was filled from, as they were written.

    ``points`` is (n, 3) float64, LPS mm, one contour after the other; ``lengths`` (m,) int32, how many points each has;
    ``slices`` (m,) int32, the slice of the series on which it is drawn.
    """

    points: NDArray[np.float64]
    lengths: NDArray[np.int32]
    slices: NDArray[np.int32]


@dataclass(frozen=True)
class Placed:
    """A mask on the grid of the series with its contours, and how many contours are not in it.

    ``off_grid`` lie on no slice, ``between`` on a slice that has a nearer plane, ``twice`` repeat another one of their
    plane. On ``cut`` slices contours reach beyond the rows or columns, by up to ``cut_mm``; on ``overlapping`` slices
    contours partly overlap.
    """

    mask: BoxedMask
    contours: PlacedContours
    off_grid: int = 0
    between: int = 0
    twice: int = 0
    cut: int = 0
    cut_mm: float = 0.0
    overlapping: int = 0


def place(
    points: NDArray[np.float64], lengths: NDArray[np.int32], geometry: SeriesGeometry, *, by_xor: bool = False
) -> Placed | None:
    """Fill the closed contours of one ROI, given in patient coordinates; None when one is not parallel to the slices.

    ``points`` is (n, 3) float64, LPS mm; ``lengths`` (m,) points of each contour, none of them 0. ``by_xor`` says that
    the contours are meant to be combined by exclusive or, so that they may overlap.
    """
    if not len(lengths):
        nothing = PlacedContours(np.zeros((0, 3)), lengths, lengths)
        return Placed(fill(np.zeros((0, 2)), lengths, lengths, geometry.shape), nothing)
    starts = np.cumsum(lengths) - lengths
    heights = points @ geometry.normal
    lowest, highest = np.minimum.reduceat(heights, starts), np.maximum.reduceat(heights, starts)
    middle = (lowest + highest) / 2
    thin = np.maximum(geometry.thicknesses[geometry.nearest(middle)], 2 * ROUNDING_MM)
    if bool(np.any(highest - lowest > WARP * thin + ROUNDING_MM)):
        return None
    plane = planes_of(middle, float(geometry.thicknesses.min()))
    level = np.bincount(plane, weights=middle) / np.bincount(plane)
    # Half of the way between two slices all planes of an ROI go to the same side, however they were rounded.
    shift = min(ROUNDING_MM / 2, float(geometry.thicknesses.min()) / 20)
    nearest = geometry.nearest(level - shift)
    distance = np.abs(level - geometry.offsets[nearest])
    on_grid = distance <= np.maximum(geometry.thicknesses[nearest], 2 * ROUNDING_MM) / 2 + ROUNDING_MM
    drawn = np.zeros(len(level), dtype=np.bool_)
    # Each slice takes its nearest plane, of two equally near the lower.
    for one in np.lexsort((level, np.round(distance, 6), nearest)):
        drawn[one] = on_grid[one] and not drawn[(nearest == nearest[one])].any()
    slices = nearest[plane].astype(np.int32)
    pixels = _pixels(points, np.repeat(slices, lengths), geometry)
    keep = drawn[plane] & _first_of_its_kind(pixels, lengths, plane)
    inside = np.repeat(keep, lengths)
    kept = pixels[inside], lengths[keep], slices[keep]
    cut, cut_mm = _cut(*kept, geometry)
    return Placed(
        mask=fill(*kept, geometry.shape),
        contours=PlacedContours(points[inside], lengths[keep], slices[keep]),
        off_grid=int(np.count_nonzero(~on_grid[plane])),
        between=int(np.count_nonzero(on_grid[plane] & ~drawn[plane])),
        twice=int(np.count_nonzero(drawn[plane] & ~keep)),
        cut=cut,
        cut_mm=cut_mm,
        overlapping=0 if by_xor else overlapping_slices(*kept, (geometry.rows, geometry.columns)),
    )


def planes_of(heights: NDArray[np.float64], thinnest: float) -> NDArray[np.int64]:
    """Return the number the planes of an ROI's contours, (m,) mm along the normal to (m,) int64, ascending.

    Heights that agree within rounding are one plane; so are those much nearer to each other than the ROI's planes
    usually are: a rim and its hole that were rounded otherwise. ``thinnest`` is that of the slices, in mm.
    """
    order = np.argsort(heights, kind="stable")
    ascending = heights[order]
    rounding = min(2 * ROUNDING_MM, thinnest / 2) if thinnest > 0 else 2 * ROUNDING_MM
    fine = _clusters(ascending, rounding)
    ends = np.flatnonzero(np.diff(fine))
    gaps = ascending[ends + 1] - ascending[ends]
    if len(gaps):
        # Of rims and holes a plane apart, every other gap is a whole step; of dense contours all gaps are alike.
        usual = min(float(np.quantile(gaps, 0.75)), thinnest or np.inf)
        fine = _clusters(ascending, max(rounding, SAME_PLANE * usual))
    planes = np.empty(len(heights), dtype=np.int64)
    planes[order] = fine
    return planes


def _clusters(ascending: NDArray[np.float64], width: float) -> NDArray[np.int64]:
    """Return the number ascending values so that those of one number lie within ``width`` of its first."""
    numbers = np.zeros(len(ascending), dtype=np.int64)
    first, number = ascending[0], 0
    for index, value in enumerate(ascending):
        if value - first > width + 1e-9:
            first, number = value, number + 1
        numbers[index] = number
    return numbers


def _first_of_its_kind(
    pixels: NDArray[np.float64], lengths: NDArray[np.int32], plane: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """(m,) bool: contours that repeat no earlier one of their plane.

    They repeat it wherever they begin, whichever way they run and however they were rounded.
    """
    first = np.ones(len(lengths), dtype=np.bool_)
    forms = _forms(pixels, lengths)
    order = np.argsort(plane, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(plane[order])) + 1):
        kept = members[:1]
        for one in members[1:]:
            # Far more contours of one plane than any drawing has are compared with some of them, not with all.
            apart = np.abs(forms[kept[-MOST_COMPARED:]] - forms[one])
            alike = (apart[:, :-1] <= REPEATED_PIXELS).all(axis=1) & (apart[:, -1] <= REPEATED_AREA * forms[one, -1])
            if alike.any():
                first[one] = False
            else:
                kept = np.append(kept, one)
    return first


def _forms(pixels: NDArray[np.float64], lengths: NDArray[np.int32]) -> NDArray[np.float64]:
    """(m, 7) of each contour in pixels: lowest and highest row and column, centre of its area, area."""
    ends = np.cumsum(lengths)
    starts = ends - lengths
    low, high = np.minimum.reduceat(pixels, starts), np.maximum.reduceat(pixels, starts)
    # From the middle of its box, where rounding takes nothing from the sums.
    around = pixels - np.repeat((low + high) / 2, lengths, axis=0)
    following = np.roll(around, -1, axis=0)
    following[ends - 1] = around[starts]
    cross = around[:, 0] * following[:, 1] - following[:, 0] * around[:, 1]
    twice = np.add.reduceat(cross, starts)
    moments = np.add.reduceat((around + following) * cross[:, None], starts)
    flat = np.abs(twice) < 1e-6
    centre = np.where(flat[:, None], 0.0, moments / np.where(flat, 1.0, 3 * twice)[:, None])
    return np.column_stack([low, high, centre + (low + high) / 2, np.abs(twice) / 2])


def _cut(
    pixels: NDArray[np.float64], lengths: NDArray[np.int32], slices: NDArray[np.int32], geometry: SeriesGeometry
) -> tuple[int, float]:
    """On how many slices contours reach over voxels that the images do not have, and how far beyond their edge in mm.

    ``pixels`` is (n, 2) (row, column) with centres at whole numbers.
    """
    size = np.array([geometry.rows, geometry.columns])
    beyond = np.maximum(-0.5 - pixels, pixels - (size - 0.5))
    over = np.any(beyond > BEYOND_PIXELS + 1e-6, axis=1)
    if not over.any():
        return 0, 0.0
    farthest = (beyond[over].clip(min=0.0) * np.array(geometry.common.spacing)).max()
    return len(np.unique(np.repeat(slices, lengths)[over])), float(farthest)


def _pixels(points: NDArray[np.float64], slices: NDArray[np.int32], geometry: SeriesGeometry) -> NDArray[np.float64]:
    """(n, 2) (row, column) in pixels of each point on its slice."""
    inward = _inward(geometry)[slices]
    return np.asarray(np.einsum("nij,nj->ni", inward, points - geometry.positions[slices]), dtype=np.float64)


def _inward(geometry: SeriesGeometry) -> NDArray[np.float64]:
    """For each slice (2, 3) float64: mm from its first voxel to (row, column) in pixels.

    By its own directions, which rounding leaves neither quite parallel to the others' nor quite perpendicular.
    """
    outward = [
        np.stack(
            [
                np.array(plane.column_direction) * plane.spacing[0],
                np.array(plane.row_direction) * plane.spacing[1],
            ],
            axis=1,
        )
        for plane in geometry.planes
    ]
    return np.asarray(np.linalg.pinv(np.stack(outward)), dtype=np.float64)
