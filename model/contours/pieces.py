"""The pieces that a structure comes in: what hangs together over faces, edges and corners of voxels."""

from __future__ import annotations

import cc3d
import numpy as np
from numpy.typing import NDArray

from model.contours import kernel
from model.contours.voxels import Voxels


def piece_sizes(voxels: Voxels) -> NDArray[np.int64]:
    """Return the voxels of each piece, (pieces,), the largest first.

    The compiled part joins the runs of each row with those of the rows beside it, and holds no more than those of
    two slices.
    """
    if kernel.KERNEL is None:
        return labelled(voxels.mask())
    return np.sort(np.frombuffer(kernel.KERNEL.pieces(voxels.array, voxels.numbers), dtype=np.int64))[::-1]


def labelled(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the same of a (slice, row, column) mask by an image of all pieces, as large as the mask four times."""
    pieces = cc3d.connected_components(np.ascontiguousarray(mask), connectivity=26)
    return np.sort(np.bincount(pieces.ravel())[1:].astype(np.int64))[::-1]
