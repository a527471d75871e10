"""The axes in which surfaces are measured: mm along the rows, across them, and along the common normal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.series.geometry import SeriesGeometry

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Frame:
    """A series in right-angled axes (u, v, w): along the rows, at right angles to them on the slice, along the normal.

    ``axes`` is (3, 3), the unit vectors as rows, LPS. ``offsets`` is (slices,) mm along the normal; ``corner``
    (slices, 2) mm, where the centre of the first voxel of each slice lies; ``spacing`` that of rows, then of columns,
    in mm. ``halves`` is (slices + 1,) mm: how far a slice k reaches towards the one before it, ``halves[k]``, and after
    it, ``halves[k + 1]``. ``joined`` is (slices + 1,) bool: whether there is a neighbour to reach, with no slice
    missing between.
    """

    axes: Floats
    offsets: Floats
    corner: Floats
    spacing: tuple[float, float]
    halves: Floats
    joined: Flags

    @property
    def pixel(self) -> float:
        """The side in mm of a square as large as a pixel."""
        return float(np.sqrt(self.spacing[0] * self.spacing[1]))

    def turned(self, points: Floats) -> Floats:
        """(n, 3) LPS mm to (n, 3) (u, v, w) mm."""
        return np.asarray(points @ self.axes.T, dtype=np.float64)

    def set_at(self, mask: BoxedMask, places: Floats, slices: Indices) -> Flags:
        """(n,) bool: whether the voxel at each (u, v) is set; ``places`` (n, 2) mm, ``slices`` (n,) of the series."""
        offset = (places - self.corner[slices]) / np.array([self.spacing[1], self.spacing[0]])
        column, row = np.rint(offset).astype(np.int64).T
        index = np.stack([slices, row, column]) - np.array(mask.origin)[:, None]
        inside = ((index >= 0) & (index < np.array(mask.array.shape)[:, None])).all(axis=0)
        found = np.zeros(len(slices), dtype=np.bool_)
        found[inside] = mask.array[tuple(index[:, inside])]
        return found


def frame_of(geometry: SeriesGeometry) -> Frame:
    """Return the axes of a series."""
    row = geometry.common.row_direction
    axes = np.stack([row, np.cross(geometry.normal, row), geometry.normal])
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    halves = geometry.steps / 2
    joined = np.ones(len(halves), dtype=np.bool_)
    for gap in geometry.gaps:
        halves[gap.after] /= len(gap.offsets) + 1
        joined[gap.after] = False
    # Beyond the first and the last slice as far as towards their only neighbour; a lone slice by its thickness.
    ends = halves if len(halves) else geometry.thicknesses / 2
    return Frame(
        axes=axes,
        offsets=geometry.offsets,
        corner=(geometry.positions @ axes.T)[:, :2],
        spacing=geometry.common.spacing,
        halves=np.concatenate([ends[:1], halves, ends[-1:]]),
        joined=np.concatenate([[False], joined, [False]]),
    )
