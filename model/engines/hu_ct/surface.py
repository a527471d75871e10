"""The field that places a structure's surface between the voxels of the working grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.engines.hu_ct.morphology import Mask, grow

# A voxel that belongs to the structure though its HU says otherwise (a vessel in the lung): just inside.
BARELY_INSIDE = 0.6


def surface_field(mask: Mask, soft: NDArray[np.float32]) -> NDArray[np.float32]:
    """Combine a structure's voxels with ``soft``, the share of the structure that the HU of each voxel speaks for.

    Both (slice, row, column) on the working grid; the answer crosses one half at the surface: where the HU and the
    mask agree it follows the HU, elsewhere it runs midway between voxels.
    """
    inside = np.where(soft >= 0.5, soft, np.float32(BARELY_INSIDE))
    outside = np.where(soft < 0.5, soft, np.float32(0.0))
    field = np.where(mask, inside, outside)
    ones = (1, 1, 1)
    field[~grow(mask, ones)] = 0.0
    field[~grow(~mask, ones)] = 1.0
    return np.asarray(field, dtype=np.float32)


def share_below(hu: NDArray[np.float32], middle: float, width: float) -> NDArray[np.float32]:
    """1 well below ``middle`` HU, 0 well above, one half at it, linear over ``width`` HU."""
    return np.asarray(np.clip(0.5 - (hu - middle) / width, 0.0, 1.0), dtype=np.float32)
