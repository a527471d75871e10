"""Contours in the patient: each point by the position and orientation of its own slice, in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contours import decimal_text, kernel
from model.contours.outlines import Outlines
from model.series.geometry import SeriesGeometry

# A coordinate that changes less than this over a whole slice is written as the slice's own text.
CONSTANT_MM = 1e-4
# DICOM PS3.5 6.2: a DS value has at most 16 characters.
DS_CHARACTERS = 16


# The text of all contours one after the other, each padded to an even length, and (contours,) int32: where each ends.
ContourData = tuple[bytes, NDArray[np.int32]]


@dataclass(frozen=True)
class Planes:
    """The slices of a series, ready for writing contours on them.

    ``matrix`` is (slices, 9) float64: the position of the first voxel, the steps per half row and per half column,
    (x, y, z) each, in units of 10^-``decimals`` mm. ``fixed`` has three texts a slice: where a coordinate is
    the same on all of the slice, ImagePositionPatient as it stands in the header, else empty.
    """

    matrix: NDArray[np.float64]
    fixed: tuple[bytes, ...]
    decimals: int


def planes_of(geometry: SeriesGeometry) -> Planes:
    """Prepare the slices: micrometres, and finer where a pixel is below a tenth of a millimetre."""
    finest = min(geometry.common.spacing)
    decimals = 3
    while finest < 10.0 ** (2 - decimals) and decimals < 8:
        decimals += 1
    unit = 10.0**decimals
    matrix = np.empty((len(geometry.planes), 9), dtype=np.float64)
    fixed: list[bytes] = []
    for index, plane in enumerate(geometry.planes):
        per_row = np.array(plane.column_direction) * plane.spacing[0]
        per_column = np.array(plane.row_direction) * plane.spacing[1]
        matrix[index] = np.concatenate([np.array(plane.position), per_row / 2, per_column / 2]) * unit
        change = np.abs(per_row) * geometry.rows + np.abs(per_column) * geometry.columns
        for axis in range(3):
            text = plane.position_text[axis].strip()
            fits = change[axis] < CONSTANT_MM and len(text) <= DS_CHARACTERS
            fixed.append(text.encode("ascii") if fits else b"")
    return Planes(matrix, tuple(fixed), decimals)


def contour_data(outlines: Outlines, planes: Planes) -> ContourData:
    """Write the ContourData values: x, y, z of every point in mm, separated by backslashes.

    Args:
        outlines: The contours of one structure, in half pixels.
        planes: The slices that they lie on, as ``planes_of`` gives them.

    Returns:
        The text of all contours, each padded to an even length, and where each ends in it, (contours,) int32.
    """
    arrays = (outlines.points, outlines.lengths, outlines.slices)
    if kernel.KERNEL is None:
        return decimal_text.contour_data(*arrays, planes.matrix, planes.decimals, planes.fixed)
    text, ends = kernel.KERNEL.text(
        *(np.ascontiguousarray(a) for a in arrays), planes.matrix, planes.decimals, planes.fixed
    )
    return text, np.frombuffer(ends, dtype=np.int32)
