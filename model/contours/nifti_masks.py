"""Masks on the grid of a series to NIfTI files."""

from __future__ import annotations

import gzip
import io
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.series.geometry import SeriesGeometry

# NIfTI is RAS, DICOM is LPS (nifti1.h; DICOM PS3.3 C.7.6.2.1.1).
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
# nifti1.h: coordinates of the scanner.
SCANNER = 1
# Masks are runs of zeros: more effort saves little and takes many times as long.
COMPRESSION = 1


def affine_of(geometry: SeriesGeometry) -> NDArray[np.float64]:
    """Voxel index (column, row, slice) to RAS mm, (4, 4) float64.

    Exact for evenly spaced slices, tilted gantries included; for others the mean step, as NIfTI has no other.
    """
    first = geometry.common
    if len(geometry.planes) > 1:
        step = (geometry.positions[-1] - geometry.positions[0]) / (len(geometry.planes) - 1)
    else:
        step = geometry.normal * (geometry.slice_thickness_mm or 1.0)
    affine = np.eye(4)
    affine[:3, 0] = np.array(first.row_direction) * first.spacing[1]
    affine[:3, 1] = np.array(first.column_direction) * first.spacing[0]
    affine[:3, 2] = step
    affine[:3, 3] = geometry.positions[0]
    return np.asarray(LPS_TO_RAS @ affine, dtype=np.float64)


def mask_file(mask: BoxedMask, geometry: SeriesGeometry) -> bytes:
    """One mask as the bytes of a ``.nii.gz``: 0 and 1, uint8, axes (column, row, slice)."""
    affine = affine_of(geometry)
    array = mask.full(geometry.shape).view(np.uint8).transpose(2, 1, 0)
    # nibabel's classes carry no types.
    image: Any = nibabel.Nifti1Image(array, affine)
    image.set_sform(affine, code=SCANNER)
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    # A quaternion holds no shear: a tilted gantry has only the sform.
    sheared = bool(np.abs(axes.T @ axes - np.eye(3)).max() > 1e-4)
    image.set_qform(None if sheared else affine, code=0 if sheared else SCANNER)
    packed = io.BytesIO()
    with gzip.open(packed, "wb", compresslevel=COMPRESSION) as stream:
        image.to_stream(stream)
    return packed.getvalue()
