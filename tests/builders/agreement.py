"""How well a drawing agrees with the reference labels that come with a sample."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.samples import reference
from model.samples.image import read_nifti
from model.samples.packages import TOTALSEGMENTATOR, extract
from model.volume.patient_axes import axes_of
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
FILES = "tests/reference_files/"


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


def body_reference() -> Mask:
    """The body in the uppermost 30 slices of the sample ``abdomen``, (slice, row, column).

    Muscle, fat and organs as TotalSegmentator labels them, closed and filled; it leaves out the skin, which is added
    as one voxel of 3 mm.
    """
    names = ("skeletal_muscle", "subcutaneous_fat", "torso_fat")
    members = [f"{FILES}example_seg_tissue_types/{name}.nii.gz" for name in names] + [f"{FILES}example_seg.nii.gz"]
    with tempfile.TemporaryDirectory() as folder:
        parts = [read_nifti(path).array > 0 for path in extract(TOTALSEGMENTATOR, members, Path(folder))]
    skin = np.ones((3, 3), dtype=np.bool_)
    slices = []
    for plane in np.any(parts, axis=0):
        inside = ndimage.binary_fill_holes(ndimage.binary_closing(plane, iterations=3))
        slices.append(ndimage.binary_dilation(inside, skin))
    return np.array(slices)


def other_references() -> dict[str, NDArray[np.int16]]:
    """What three runs of the reference's makers drew on the uppermost 30 slices of the sample ``abdomen``.

    ``fine`` is their network for 1.5 mm, the others are that for 3 mm (slice, row, column).
    """
    files = {"fine": "example_seg", "coarse": "example_seg_fast", "coarse, cropped": "example_seg_fast_body_seg"}
    found = {}
    for name, file in files.items():
        with tempfile.TemporaryDirectory() as folder:
            (path,) = extract(TOTALSEGMENTATOR, [f"{FILES}{file}.nii.gz"], Path(folder))
            found[name] = np.asarray(read_nifti(path).array).astype(np.int16)
    return found


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
