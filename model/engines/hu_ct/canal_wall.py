"""The wall of the spinal canal at full resolution: rays from its middle to bone, smoothed along the spine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.engines.hu_ct.spinal_canal import FAR_MM, ORDINARY_MM, Path
from model.engines.hu_ct.working import WorkingGrid

ANGLES = 36
STEP_MM = 0.5
WALL_HU = 140.0
# A ray that meets no bone ends where its neighbours do; where no ray does, at the radius of an ordinary canal.
LEAST_MM, MOST_MM = 3.0, 14.0
SMOOTH_MM = 8.0
PASSES = 3


def draw_canal(grid: WorkingGrid, path: Path) -> BoxedMask:
    """Return the canal in its slices at full resolution."""
    first, last, rows, columns = _to_full_slices(grid, path)
    radii = np.full((last - first, ANGLES), ORDINARY_MM)
    for _ in range(PASSES):
        radii = _radii(grid, first, rows, columns)
        shift_rows, shift_columns = _middle_of(radii)
        spacing = grid.full.spacing
        rows = _along(rows + shift_rows / spacing[1], grid)
        columns = _along(columns + shift_columns / spacing[2], grid)
    radii = _radii(grid, first, rows, columns)
    return _fill(grid, first, rows, columns, radii)


def _to_full_slices(grid: WorkingGrid, path: Path) -> tuple[int, int, NDArray[np.float64], NDArray[np.float64]]:
    """Return the path in voxels of the full volume, one middle per slice: (first, after last, rows, columns)."""
    step_z, step_y, step_x = grid.factor
    first = path.first * step_z
    last = min(grid.full.array.shape[0], (path.first + len(path.rows)) * step_z)
    known = (path.first + np.arange(len(path.rows)) + 0.5) * step_z - 0.5
    rows = np.interp(np.arange(first, last), known, (path.rows + 0.5) * step_y - 0.5)
    columns = np.interp(np.arange(first, last), known, (path.columns + 0.5) * step_x - 0.5)
    return first, last, _along(rows, grid), _along(columns, grid)


def _radii(
    grid: WorkingGrid, first: int, rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance to the wall in mm, (slices, ANGLES): the first bone on each ray, gaps and outliers smoothed over."""
    spacing = grid.full.spacing
    angles = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    distances = np.arange(STEP_MM, FAR_MM + STEP_MM / 2, STEP_MM)
    row = rows[:, None, None] + np.sin(angles)[None, :, None] * distances / spacing[1]
    column = columns[:, None, None] + np.cos(angles)[None, :, None] * distances / spacing[2]
    index = np.broadcast_to(np.arange(len(rows))[:, None, None], row.shape)
    slices = grid.full.array[first : first + len(rows)]
    hu = ndimage.map_coordinates(slices, [index, row, column], order=1, mode="nearest", output=np.float32)
    # Averaged over its neighbours a ray is less noisy and steps over the gaps that vessels leave.
    hu = ndimage.uniform_filter(hu, (1, 3, 2), mode=("nearest", "wrap", "nearest"))
    bone = hu > WALL_HU
    hit = bone.any(axis=2)
    wall = np.where(hit, distances[np.argmax(bone, axis=2)] - STEP_MM / 2, np.nan)
    return _smoothed(wall, grid)


def _smoothed(wall: NDArray[np.float64], grid: WorkingGrid) -> NDArray[np.float64]:
    """Fill rays without a wall from the slices and rays around them, cut outliers, smooth along the spine."""
    window = max(1, round(SMOOTH_MM / grid.full.spacing[0]))
    known = np.isfinite(wall)
    weights = ndimage.uniform_filter(known.astype(np.float64), (2 * window + 1, 3), mode=("nearest", "wrap"))
    sums = ndimage.uniform_filter(np.where(known, wall, 0.0), (2 * window + 1, 3), mode=("nearest", "wrap"))
    around = np.where(weights > 0.05, sums / np.maximum(weights, 1e-6), ORDINARY_MM)
    radii = np.where(known, np.minimum(wall, around + 2.5), around)
    # SciPy's median knows one mode for all axes: the angles are wrapped by hand.
    turned = np.concatenate([radii[:, -2:], radii, radii[:, :2]], axis=1)
    radii = ndimage.median_filter(turned, (2 * (window // 2) + 1, 5), mode="nearest")[:, 2:-2]
    sigma = (SMOOTH_MM / 4 / grid.full.spacing[0], 1.0)
    radii = ndimage.gaussian_filter(radii, sigma, mode=("nearest", "wrap"))
    return np.asarray(np.clip(radii, LEAST_MM, MOST_MM), dtype=np.float64)


def _middle_of(radii: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the centroid of each outline lies, in mm from the rays' origin: (rows, columns)."""
    angles = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    area = (radii**2).sum(axis=1)
    rows = (radii**3 * np.sin(angles)).sum(axis=1) / area * (2 / 3)
    columns = (radii**3 * np.cos(angles)).sum(axis=1) / area * (2 / 3)
    return rows, columns


def _along(values: NDArray[np.float64], grid: WorkingGrid) -> NDArray[np.float64]:
    return np.asarray(ndimage.gaussian_filter1d(values, SMOOTH_MM / 2 / grid.full.spacing[0], mode="nearest"))


def _fill(
    grid: WorkingGrid,
    first: int,
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    radii: NDArray[np.float64],
) -> BoxedMask:
    """Return the voxels within the wall."""
    _, row_mm, column_mm = grid.full.spacing
    low_row, low_column = int(rows.min() - MOST_MM / row_mm) - 1, int(columns.min() - MOST_MM / column_mm) - 1
    low_row, low_column = max(0, low_row), max(0, low_column)
    high_row = min(grid.full.array.shape[1], int(rows.max() + MOST_MM / row_mm) + 2)
    high_column = min(grid.full.array.shape[2], int(columns.max() + MOST_MM / column_mm) + 2)
    y = (np.arange(low_row, high_row)[None, :, None] - rows[:, None, None]) * row_mm
    x = (np.arange(low_column, high_column)[None, None, :] - columns[:, None, None]) * column_mm
    angle = (np.arctan2(y, x) % (2 * np.pi)) * (ANGLES / (2 * np.pi))
    before = np.floor(angle).astype(np.intp) % ANGLES
    part = angle - np.floor(angle)
    index = np.arange(len(rows))[:, None, None]
    wall = radii[index, before] * (1 - part) + radii[index, (before + 1) % ANGLES] * part
    return BoxedMask.crop(np.hypot(y, x) <= wall, (first, low_row, low_column))
