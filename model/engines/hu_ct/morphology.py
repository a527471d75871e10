"""Binary morphology on the working grid by shifted copies: a few memory passes, no structuring elements."""

from __future__ import annotations

import edt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]

# Neighbours within a slice only: each slice is labelled for itself.
IN_PLANE = np.zeros((3, 3, 3), dtype=np.bool_)
IN_PLANE[1] = ndimage.generate_binary_structure(2, 1)


def grow(mask: Mask, steps: tuple[int, int, int]) -> Mask:
    """Dilate a (slice, row, column) mask by a box of ±steps voxels along each axis."""
    grown = mask.copy()
    for axis, count in enumerate(steps):
        for _ in range(count):
            source = grown.copy()
            low, high = [slice(None)] * 3, [slice(None)] * 3
            low[axis], high[axis] = slice(None, -1), slice(1, None)
            grown[tuple(low)] |= source[tuple(high)]
            grown[tuple(high)] |= source[tuple(low)]
    return grown


def shrink(mask: Mask, steps: tuple[int, int, int]) -> Mask:
    """Erode a (slice, row, column) mask by a box of ±steps; beyond the array counts as inside."""
    return ~grow(~mask, steps)


def grow_mm(mask: Mask, millimetres: float, spacing: tuple[float, float, float]) -> Mask:
    """Dilate by a ball."""
    distance = edt.edt(np.ascontiguousarray(~mask), anisotropy=spacing, black_border=False, parallel=2)
    return np.asarray(distance <= millimetres)


def shrink_mm(mask: Mask, millimetres: float, spacing: tuple[float, float, float]) -> Mask:
    """Erode by a ball; beyond the array counts as inside."""
    distance = edt.edt(np.ascontiguousarray(mask), anisotropy=spacing, black_border=False, parallel=2)
    return np.asarray(distance > millimetres)


def fill_in_plane(mask: Mask) -> Mask:
    """Fill what each slice encloses: everything not reached from the slice's border through the background."""
    labels, count = ndimage.label(~mask, structure=IN_PLANE)
    outside = np.zeros(count + 1, dtype=np.bool_)
    for border in (labels[:, 0, :], labels[:, -1, :], labels[:, :, 0], labels[:, :, -1]):
        outside[np.unique(border)] = True
    outside[0] = False
    return np.asarray(~outside[labels])
