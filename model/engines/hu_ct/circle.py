"""The scanner's circle: many series are reconstructed within one, and what lies beyond it holds one padding value.

That is not air: a body that reaches the circle is cut there as at an edge of the image. What is seen at the circle is
carried on beyond it, so that all that looks at the image's edges holds, and nothing is drawn there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.engines.hu_ct.morphology import Mask
from model.engines.hu_ct.working import WorkingGrid

# Of what lies farther out than the nearest padding, this share is padding; a masked image has the patient's shape.
ALL_BUT = 0.98
# The circle's radius as part of half the image's width.
RADIUS = (0.5, 1.3)
# Blocks that the circle passes are half padding.
RIM_CELLS = 1.5
# What is carried on is tissue at most: no bone is made up.
MOST_HU = 30.0

CUT = "cut off at the edge of the scanner's circle"


@dataclass(frozen=True)
class Circle:
    """The circle's ``radius_mm`` around the middle of the image."""

    radius_mm: float

    def holds(self, grid: WorkingGrid) -> Mask:
        """Which cells of a slice lie within, (1, row, column)."""
        return np.asarray(_from_middle(grid.hu.shape[1:], grid.spacing[1:])[None] <= self.radius_mm)

    def clip(self, mask: BoxedMask, grid: WorkingGrid) -> tuple[BoxedMask, bool]:
        """Return the mask, of the full canonical volume, within the circle; and whether it reaches that."""
        _, height, width = mask.array.shape
        rows = slice(mask.origin[1], mask.origin[1] + height)
        columns = slice(mask.origin[2], mask.origin[2] + width)
        distance = _from_middle(grid.full.array.shape[1:], grid.full.spacing[1:])[rows, columns]
        rim: NDArray[np.bool_] = distance > self.radius_mm - RIM_CELLS * max(grid.spacing[1:])
        inside: NDArray[np.bool_] = distance <= self.radius_mm
        return BoxedMask.crop(mask.array & inside, mask.origin), bool(mask.array[:, rim].any())


def find_circle(grid: WorkingGrid) -> Circle | None:
    """Return the scanner's circle on the working grid; None where the whole image is one."""
    padding: NDArray[np.bool_] = np.all(grid.hu == grid.hu[0, 0, 0], axis=0)
    if padding.all() or not (padding[0, 0] and padding[0, -1] and padding[-1, 0] and padding[-1, -1]):
        return None
    distance = _from_middle(grid.hu.shape[1:], grid.spacing[1:])
    radius = float(distance[padding].min())
    half = min(size * step for size, step in zip(grid.hu.shape[1:], grid.spacing[1:], strict=True)) / 2
    beyond = distance > radius + max(grid.spacing[1:])
    if not RADIUS[0] * half <= radius <= RADIUS[1] * half or not beyond.any() or padding[beyond].mean() < ALL_BUT:
        return None
    return Circle(radius)


def carried_on(grid: WorkingGrid, circle: Circle) -> WorkingGrid:
    """Return the grid with what is seen at the circle carried on to the edges of the image."""
    distance = _from_middle(grid.hu.shape[1:], grid.spacing[1:])
    beyond = distance > circle.radius_mm - RIM_CELLS * max(grid.spacing[1:])
    rows, columns = ndimage.distance_transform_edt(
        beyond, sampling=grid.spacing[1:], return_distances=False, return_indices=True
    )
    hu = grid.hu.copy()
    hu[:, beyond] = np.minimum(grid.hu[:, rows[beyond], columns[beyond]], MOST_HU)
    return replace(grid, hu=hu)


def _from_middle(shape: tuple[int, ...], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Distance of each cell's centre from the middle of the image in mm, (row, column)."""
    row, column = (
        (np.arange(size, dtype=np.float64) - (size - 1) / 2) * step for size, step in zip(shape, spacing, strict=True)
    )
    return np.asarray(np.hypot(row[:, None], column[None, :]), dtype=np.float64)
