"""The working grid: the volume averaged over blocks to about 3 mm, and the way back to full resolution.

Structures are found on the working grid; their surfaces are placed between its voxels by linear interpolation of
a field that crosses one half at the surface, and only the blocks that a surface passes are interpolated.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.volume.patient_axes import Canonical

# Blocks come as near to this edge as whole voxels allow. Measured on real CT: finer costs time, coarser detail.
WORKING_MM = 3.0
HU_LOW, HU_HIGH = -1024, 3071

Factor = tuple[int, int, int]
Spacing = tuple[float, float, float]


@dataclass(frozen=True)
class WorkingGrid:
    """``hu`` (slice, row, column) float32 block means, canonical axes; ``spacing`` mm; ``factor`` voxels per block."""

    hu: NDArray[np.float32]
    spacing: Spacing
    factor: Factor
    full: Canonical

    @property
    def voxel_ml(self) -> float:
        """Volume of one block in ml."""
        return float(np.prod(self.spacing)) / 1000.0

    def cells(self, millimetres: float) -> Factor:
        """Return a distance as whole blocks along each axis, at least 1."""
        steps = [max(1, round(millimetres / size)) for size in self.spacing]
        return steps[0], steps[1], steps[2]


def working_grid(full: Canonical) -> WorkingGrid:
    """Average the volume over blocks; values are held within the range of 12-bit CT, so metal stays one voxel."""
    factors = [max(1, int(WORKING_MM / size + 0.1)) for size in full.spacing]
    factor = (factors[0], factors[1], factors[2])
    shape = tuple(-(-size // step) for size, step in zip(full.array.shape, factor, strict=True))
    hu = np.empty(shape, dtype=np.float32)

    def fill(first: int, last: int) -> None:
        for index in range(first, last):
            hu[index] = _block_means(full.array[index * factor[0] : (index + 1) * factor[0]], factor)

    with ThreadPoolExecutor(max_workers=2) as pool:
        for done in [pool.submit(fill, start, min(start + 8, shape[0])) for start in range(0, shape[0], 8)]:
            done.result()
    spacing = tuple(size * step for size, step in zip(full.spacing, factor, strict=True))
    return WorkingGrid(hu, (spacing[0], spacing[1], spacing[2]), factor, full)


def _block_means(slab: NDArray[np.int16], factor: Factor) -> NDArray[np.float32]:
    """Means of one layer of blocks; blocks that stick out over the edge repeat the last voxels."""
    _, row_step, column_step = factor
    rows, columns = -(-slab.shape[1] // row_step) * row_step, -(-slab.shape[2] // column_step) * column_step
    total = np.zeros((rows // row_step, columns // column_step), dtype=np.int32)
    padding = ((0, rows - slab.shape[1]), (0, columns - slab.shape[2]))
    for layer in slab:
        clipped = np.clip(np.pad(layer, padding, mode="edge"), HU_LOW, HU_HIGH)
        for row in range(row_step):
            for column in range(column_step):
                total += clipped[row::row_step, column::column_step]
    return total.astype(np.float32) / np.float32(slab.shape[0] * row_step * column_step)


def to_full(field: NDArray[np.float32], grid: WorkingGrid) -> BoxedMask:
    """Return the voxels of the full canonical volume where ``field``, linearly interpolated, is at least one half.

    ``field`` is (slice, row, column) float32 on the working grid, between 0 outside and 1 inside.
    """
    inside = field >= 0.5
    box = BoxedMask.crop(inside)
    if box.empty:
        return box
    # One block more on each side: the surface may lie in the block beside the last one inside.
    low = [max(0, start - 1) for start in box.origin]
    high = [
        min(size, start + extent + 1)
        for start, extent, size in zip(box.origin, box.array.shape, field.shape, strict=True)
    ]
    part = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    padded = np.pad(field[part], 1, mode="edge")
    solid, blocks = inside[part], _surface_blocks(padded)
    mask = solid
    for axis, step in enumerate(grid.factor):
        mask = np.repeat(mask, step, axis=axis) if step > 1 else mask
    mask = np.ascontiguousarray(mask)
    if max(grid.factor) > 1:
        _interpolate(padded, blocks, grid.factor, mask)
    limits = [min(size, b * step) for b, step, size in zip(high, grid.factor, grid.full.array.shape, strict=True)]
    starts = [a * step for a, step in zip(low, grid.factor, strict=True)]
    d, h, w = (limit - start for limit, start in zip(limits, starts, strict=True))
    return BoxedMask.taken(mask, (d, h, w), (starts[0], starts[1], starts[2]))


def _surface_blocks(padded: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return indices (n, 3) of the blocks whose 26 neighbours are not all on one side of the surface."""
    least, most = padded, padded
    for axis in range(3):
        shifts = [np.take(least, range(s, least.shape[axis] - 2 + s), axis=axis) for s in range(3)]
        others = [np.take(most, range(s, most.shape[axis] - 2 + s), axis=axis) for s in range(3)]
        least = np.minimum(np.minimum(shifts[0], shifts[1]), shifts[2])
        most = np.maximum(np.maximum(others[0], others[1]), others[2])
    return np.argwhere((least < 0.5) & (most >= 0.5))


def _interpolate(
    padded: NDArray[np.float32], blocks: NDArray[np.intp], factor: Factor, mask: NDArray[np.bool_]
) -> None:
    """Set the voxels of ``blocks`` in ``mask`` by linear interpolation between block centres.

    Every voxel is a weighted sum of its block and 26 neighbours, so all of them are one product of matrices.
    """
    z, y, x = (blocks[:, axis] for axis in range(3))
    around = np.empty((len(blocks), 27), dtype=np.float32)
    for number, (dz, dy, dx) in enumerate(np.ndindex(3, 3, 3)):
        around[:, number] = padded[z + dz, y + dy, x + dx]
    weights = np.empty((27, int(np.prod(factor))), dtype=np.float32)
    for column, sub in enumerate(np.ndindex(*factor)):
        parts = [_weights(index, step) for index, step in zip(sub, factor, strict=True)]
        weights[:, column] = np.einsum("i,j,k->ijk", *parts).ravel()
    inside = (around @ weights >= 0.5).reshape(-1, *factor)
    depth, height, width = (size // step for size, step in zip(mask.shape, factor, strict=True))
    cells = mask.reshape(depth, factor[0], height, factor[1], width, factor[2])
    cells[z, :, y, :, x, :] = inside


def _weights(index: int, step: int) -> NDArray[np.float32]:
    """Linear weights of (block before, block, block after) for one of ``step`` voxels along an axis."""
    offset = (index + 0.5) / step - 0.5
    return np.array([max(0.0, -offset), 1.0 - abs(offset), max(0.0, offset)], dtype=np.float32)
