"""One axis of logits on a device brought to the fine grid."""

from __future__ import annotations

import torch

from model.engines.network.axis import Axis


def blend(logits: torch.Tensor, grid: Axis, axis: int) -> torch.Tensor:
    """Bring ``axis`` of logits to the fine grid, by linear interpolation."""
    below = logits.index_select(axis, torch.from_numpy(grid.below).to(logits.device))
    if not grid.share.any():
        return below
    above = logits.index_select(axis, torch.from_numpy(grid.above).to(logits.device))
    shape = [1] * logits.dim()
    shape[axis] = -1
    return torch.lerp(below, above, torch.from_numpy(grid.share).to(logits.device).reshape(shape))
