"""Resampling on a device: as model.engines.network.resample, the products on the device."""

from __future__ import annotations

import torch

from model.engines.network.resample import LINEAR, Shape, axis_matrix


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
