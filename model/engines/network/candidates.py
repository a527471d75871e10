"""The largest of many blended logits, with only those blended that can be the largest.

A blend lies between the least and the greatest of its corners. A class whose greatest is below another's least cannot
win there, so it is left out: the labels are the same, and of a hundred classes a handful is blended.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from model.engines.network.axis import Axis

# Coarse cells along the edge of a block that shares its candidates.
BLOCK = 12


def largest(logits: torch.Tensor, rows: Axis, columns: Axis) -> NDArray[np.uint16]:
    """(y, x) number of the class whose blend is the largest, from coarse logits (classes, y, x)."""
    able = _able(logits)
    labels = np.empty((len(rows.below), len(columns.below)), dtype=np.uint16)
    for part_y in rows.blocks(BLOCK):
        y = rows.cut(part_y)
        for part_x in columns.blocks(BLOCK):
            x = columns.cut(part_x)
            cells = (slice(y.reach.start, _last(y)), slice(x.reach.start, _last(x)))
            classes = torch.nonzero(able[(slice(None), *cells)].flatten(1).any(dim=1)).flatten()
            if len(classes) == 1:
                labels[part_y, part_x] = int(classes[0])
                continue
            corners = logits[:, y.reach, x.reach].index_select(0, classes)
            y_here, x_here = rows.cut(part_y, y.reach.start), columns.cut(part_x, x.reach.start)
            winner = x_here.blend(y_here.blend(corners, 1), 2).argmax(dim=0)
            labels[part_y, part_x] = classes[winner].to("cpu", torch.int32).numpy().astype(np.uint16)
    return labels


def _last(axis: Axis) -> int:
    """Return the end of the cells whose first corner the axis uses."""
    return int(axis.below.max()) + 1


def _able(logits: torch.Tensor) -> torch.Tensor:
    """(classes, y, x) whether a class can win in the cell between a voxel and its neighbours towards larger indices."""
    padded = torch.nn.functional.pad(logits[None], (0, 1, 0, 1), mode="replicate")
    most = torch.nn.functional.max_pool2d(padded, 2, stride=1)[0]
    least = torch.nn.functional.max_pool2d(padded.neg_(), 2, stride=1)[0].neg_()
    return most >= least.amax(dim=0)
