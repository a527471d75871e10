"""How well a drawing agrees with the reference labels that come with a sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.samples import reference
from model.volume.canonical import axes_of
from model.volume.volume import Volume

Mask = NDArray[np.bool_]

# TotalSegmentator's numbers for its task "total", version 2, of what is compared here.
LABELS = {
    "Lung_L": (10, 11),
    "Lung_R": (12, 13, 14),
    "Trachea": (16,),
    "Bones_HU": (25, 26, *range(27, 51), *range(69, 79), *range(92, 117)),
}
SPINAL_CORD = 79
VERTEBRA_L5 = 27


def reference_on(name: str, volume: Volume) -> NDArray[np.int16]:
    """The sample's label map on the grid of ``volume``, (slice, row, column)."""
    labels = reference(name)
    index_to_mm = np.eye(4)
    index_to_mm[:3, :3], index_to_mm[:3, 3] = axes_of(volume.geometry), volume.geometry.positions[0]
    # The label map counts (column, row, slice).
    to_labels = (np.linalg.inv(labels.affine) @ index_to_mm)[[2, 1, 0, 3]]
    return np.asarray(
        ndimage.affine_transform(labels.array, to_labels[:3], output_shape=volume.array.shape, order=0, cval=0)
    )


def dice(mask: BoxedMask, truth: Mask) -> float:
    """Twice what is shared by the sum of both."""
    mine = mask.full((truth.shape[0], truth.shape[1], truth.shape[2]))
    return 2.0 * float((mine & truth).sum()) / float(mine.sum() + truth.sum())


def within(mask: BoxedMask, truth: Mask, voxels: int) -> float:
    """Share of the voxels of both surfaces that lie within some voxels of the other (surface Dice)."""
    mine = mask.full((truth.shape[0], truth.shape[1], truth.shape[2]))
    ball = ndimage.generate_binary_structure(3, 3)
    rims = [one & ~ndimage.binary_erosion(one, border_value=1) for one in (mine, truth)]
    near = [ndimage.binary_dilation(rim, ball, iterations=voxels) for rim in rims]
    return float((rims[0] & near[1]).sum() + (rims[1] & near[0]).sum()) / float(rims[0].sum() + rims[1].sum())


def centre_distances(mask: BoxedMask, truth: Mask, volume: Volume) -> NDArray[np.float64]:
    """Distances in mm between the centres of both in every slice that has both."""
    mine = mask.full((truth.shape[0], truth.shape[1], truth.shape[2]))
    spacing = np.array(volume.geometry.planes[0].spacing)
    found = []
    for one, other in zip(mine, truth, strict=True):
        if one.any() and other.any():
            found.append(np.linalg.norm((np.argwhere(one).mean(axis=0) - np.argwhere(other).mean(axis=0)) * spacing))
    return np.array(found, dtype=np.float64)
