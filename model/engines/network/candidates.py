"""The largest of many blended logits, with only those blended that can be the largest.

A blend lies between the least and the greatest of its corners. A class whose greatest is below another's least cannot
win there, so it is left out: the labels are the same, and of a hundred classes a handful is blended.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.engines.network.axis import Axis

# Coarse cells along the edge of a block that shares its candidates.
BLOCK = 12


def largest(logits: NDArray[np.float32], rows: Axis, columns: Axis) -> NDArray[np.uint16]:
    """(y, x) number of the class whose blend is the largest, from coarse logits (classes, y, x)."""
    able = _able(logits)
    labels = np.empty((len(rows.below), len(columns.below)), dtype=np.uint16)
    for part_y in rows.blocks(BLOCK):
        y = rows.cut(part_y)
        for part_x in columns.blocks(BLOCK):
            x = columns.cut(part_x)
            cells = (slice(y.reach.start, _last(y)), slice(x.reach.start, _last(x)))
            classes = np.flatnonzero(able[(slice(None), *cells)].any(axis=(1, 2)))
            if len(classes) == 1:
                labels[part_y, part_x] = int(classes[0])
                continue
            corners = logits[classes, y.reach, x.reach]
            y_here, x_here = rows.cut(part_y, y.reach.start), columns.cut(part_x, x.reach.start)
            winner = x_here.blend(y_here.blend(corners, 1), 2).argmax(axis=0)
            labels[part_y, part_x] = classes[winner]
    return labels


def _last(axis: Axis) -> int:
    """Return the end of the cells whose first corner the axis uses."""
    return int(axis.below.max()) + 1


def _able(logits: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(classes, y, x) whether a class can win in the cell between a voxel and its neighbours towards larger indices."""
    padded = np.pad(logits, ((0, 0), (0, 1), (0, 1)), mode="edge")
    rows = np.maximum(padded[:, :-1], padded[:, 1:])
    most = np.maximum(rows[:, :, :-1], rows[:, :, 1:])
    rows = np.minimum(padded[:, :-1], padded[:, 1:])
    least = np.minimum(rows[:, :, :-1], rows[:, :, 1:])
    return np.asarray(most >= least.max(axis=0))
