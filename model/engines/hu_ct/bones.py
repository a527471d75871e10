"""Bones_HU: bone with its marrow, on CT without contrast.

With contrast, vessels and kidneys reach the values of bone: agreement with reference bones fell from 0.9 to 0.4-0.7
(Dice, measured), so nothing is drawn there.
"""

from __future__ import annotations

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.engines.hu_ct.morphology import Mask, fill_in_plane, grow_mm, shrink, shrink_mm
from model.engines.hu_ct.surface import share_below, surface_field
from model.engines.hu_ct.working import WorkingGrid, to_full

# Certain bone, and what counts as bone near it; chosen on a native CT against reference labels.
STRONG_HU, WEAK_HU = 180.0, 120.0
NEAR_MM = 6.0
CLOSE_MM = 3.5
STRONG_ML = 1.0
# Marrow is soft tissue or fat within bone; larger cavities that bone encloses are the skull's and the chest's.
SOFTEST_MARROW_HU = -150.0
MARROW_MM, MARROW_ML = 15.0, 60.0

# Blood and organs with contrast are bright and even over this width; marrow is bright and uneven. Volumes of
# bright, even tissue: up to 1.5 ml on four native CTs, 155 and 357 ml on two with contrast (measured).
EVEN_MM = 9.0
BRIGHT_HU, BRIGHTEST_HU = 95.0, 600.0
EVEN_HU = 15.0
CONTRAST_ML = 20.0
BELOW_SKIN_MM = 12.0


def has_contrast(grid: WorkingGrid, body: Mask) -> bool:
    """Whether the image shows enough bright and even tissue for a contrast agent."""
    window = [max(1, round(EVEN_MM / size) // 2 * 2 + 1) for size in grid.spacing]
    mean = ndimage.uniform_filter(grid.hu, window)
    variance = ndimage.uniform_filter(grid.hu * grid.hu, window) - mean * mean
    _, rows, columns = grid.cells(BELOW_SKIN_MM)
    even = (mean > BRIGHT_HU) & (mean < BRIGHTEST_HU) & (variance < EVEN_HU**2) & shrink(body, (0, rows, columns))
    return float(even.sum()) * grid.voxel_ml >= CONTRAST_ML


def find_bones(grid: WorkingGrid, body: Mask) -> Mask:
    """Bone and marrow on the working grid."""
    labels = cc3d.connected_components((grid.hu > STRONG_HU) & body, connectivity=26)
    sizes = np.bincount(labels.ravel())
    kept = sizes * grid.voxel_ml >= STRONG_ML
    kept[0] = False
    near = grow_mm(kept[labels], NEAR_MM, grid.spacing)
    bone = near & (grid.hu > WEAK_HU) & body
    bone |= shrink_mm(grow_mm(bone, CLOSE_MM, grid.spacing), CLOSE_MM, grid.spacing)
    # Marrow that a slice leaves open another plane closes.
    return bone | _marrow(bone, grid, body)


def draw_bones(grid: WorkingGrid, bones: Mask) -> BoxedMask:
    """Return the bones at full resolution."""
    soft: NDArray[np.float32] = share_below(-grid.hu, -WEAK_HU, 400.0)
    return to_full(surface_field(bones, soft), grid)


def without(bones: BoxedMask, cavity: BoxedMask) -> BoxedMask:
    """Return the bones without what lies in a cavity that they enclose (canal, brain)."""
    low = [max(a, b) for a, b in zip(bones.origin, cavity.origin, strict=True)]
    ends = zip(bones.origin, bones.array.shape, cavity.origin, cavity.array.shape, strict=True)
    high = [min(a + size, b + other) for a, size, b, other in ends]
    if any(a >= b for a, b in zip(low, high, strict=True)):
        return bones
    array = bones.array.copy()
    mine = tuple(slice(a - o, b - o) for a, b, o in zip(low, high, bones.origin, strict=True))
    theirs = tuple(slice(a - o, b - o) for a, b, o in zip(low, high, cavity.origin, strict=True))
    array[mine] &= ~cavity.array[theirs]
    return BoxedMask.taken(array, array.shape, bones.origin)


def _marrow(bone: Mask, grid: WorkingGrid, body: Mask) -> Mask:
    """Return what bone encloses in some plane, near it and in pieces no larger than a marrow cavity."""
    filled = np.zeros_like(bone)
    for axis in range(3):
        turned = fill_in_plane(np.ascontiguousarray(np.moveaxis(bone, axis, 0)))
        filled |= np.moveaxis(turned, 0, axis)
    marrow = filled & ~bone & body & (grid.hu > SOFTEST_MARROW_HU) & grow_mm(bone, MARROW_MM, grid.spacing)
    labels = cc3d.connected_components(marrow, connectivity=6)
    sizes = np.bincount(labels.ravel()) * grid.voxel_ml
    kept = sizes <= MARROW_ML
    kept[0] = False
    return np.asarray(kept[labels])
