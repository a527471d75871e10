"""A volume turned to the patient's axes, and masks turned back: so that left is left in every acquisition.

Canonical arrays are (slice, row, column) with indices growing to the head, to the back and to the patient's left
(DICOM LPS, PS3.3 C.7.6.2.1.1, with slices from the feet up).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.series.geometry import SeriesGeometry
from model.series.line import direction_of
from model.volume.volume import Volume

# Beyond this angle between an axis of the series and the patient's, the volume is resampled, not only turned.
# Below it the rules, which allow for the patient's own tilt, hold as they are.
RESAMPLE_DEGREES = 12.0

# Edges of the resampled voxels, for fine and coarse series: what is found at 3 mm needs no more.
RESAMPLED_MM = (1.5, 3.0)
# Of a single slice that does not say how thick it is.
THICKNESS_UNKNOWN_MM = 5.0

# Patient axis (LPS) of each canonical array axis.
PATIENT_AXIS = (2, 1, 0)


@dataclass(frozen=True)
class Canonical:
    """``array`` int16 HU on the patient's axes, ``spacing`` mm per (slice, row, column).

    ``frame`` takes masks there and back.
    """

    array: NDArray[np.int16]
    spacing: tuple[float, float, float]
    frame: Turn | Resampling


@dataclass(frozen=True)
class Turn:
    """Axes exchanged and reversed: canonical axis ``a`` is axis ``order[a]`` of the series, reversed if ``flip[a]``."""

    order: tuple[int, int, int]
    flip: tuple[bool, bool, bool]

    def forward(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return a view of the series' array on the canonical axes."""
        steps = tuple(slice(None, None, -1 if flipped else 1) for flipped in self.flip)
        return array.transpose(self.order)[steps]

    def forth(self, mask: BoxedMask, own_shape: tuple[int, int, int], shape: tuple[int, int, int]) -> BoxedMask:
        """Return a mask on the series' grid of ``own_shape`` on the canonical grid of ``shape``."""
        origin = [0, 0, 0]
        for axis, own in enumerate(self.order):
            start, size = mask.origin[own], mask.array.shape[own]
            origin[axis] = own_shape[own] - start - size if self.flip[axis] else start
        return BoxedMask((origin[0], origin[1], origin[2]), self.forward(mask.array))

    def back(self, mask: BoxedMask, shape: tuple[int, int, int]) -> BoxedMask:
        """Return the same voxels on the series' own grid of ``shape``."""
        steps = tuple(slice(None, None, -1 if flipped else 1) for flipped in self.flip)
        inverse = tuple(int(axis) for axis in np.argsort(self.order))
        array = np.ascontiguousarray(mask.array[steps].transpose(inverse))
        origin = [0, 0, 0]
        for axis, own in enumerate(self.order):
            start, size = mask.origin[axis], mask.array.shape[axis]
            origin[own] = shape[own] - start - size if self.flip[axis] else start
        return BoxedMask((origin[0], origin[1], origin[2]), array)


@dataclass(frozen=True)
class Resampling:
    """Canonical index = ``matrix`` @ series index + ``shift``: an acquisition that lies across the patient's axes."""

    matrix: NDArray[np.float64]
    shift: NDArray[np.float64]

    def back(self, mask: BoxedMask, shape: tuple[int, int, int]) -> BoxedMask:
        """Return the mask sampled at the centres of the series' voxels, linearly, inside at one half and above."""
        return self._sample(mask, self.matrix, self.shift, shape)

    def forth(self, mask: BoxedMask, own_shape: tuple[int, int, int], shape: tuple[int, int, int]) -> BoxedMask:
        """Return a mask on the series' grid of ``own_shape`` on the canonical grid of ``shape``."""
        inverse = np.asarray(np.linalg.inv(self.matrix), dtype=np.float64)
        return self._sample(mask, inverse, -inverse @ self.shift, shape)

    @staticmethod
    def _sample(
        mask: BoxedMask, matrix: NDArray[np.float64], shift: NDArray[np.float64], shape: tuple[int, int, int]
    ) -> BoxedMask:
        """Return the mask at ``matrix`` @ index + ``shift`` for every index of a grid of ``shape`` in its reach."""
        if mask.empty:
            return mask
        inverse = np.linalg.inv(matrix)
        first = np.array(mask.origin, dtype=np.float64) - 1
        last = first + np.array(mask.array.shape) + 1
        corners = first + np.array(list(np.ndindex(2, 2, 2))) * (last - first)
        own = (corners - shift) @ inverse.T
        low = np.clip(np.floor(own.min(axis=0)).astype(int), 0, shape)
        high = np.clip(np.ceil(own.max(axis=0)).astype(int) + 1, low, shape)
        offset = matrix @ low + shift - np.array(mask.origin)
        field = ndimage.affine_transform(
            mask.array.astype(np.float32), matrix, offset, tuple(high - low), order=1, mode="constant"
        )
        return BoxedMask.crop(field >= 0.5, (int(low[0]), int(low[1]), int(low[2])))


def axes_of(geometry: SeriesGeometry) -> NDArray[np.float64]:
    """Columns: mm in LPS per step of (slice, row, column); (3, 3) float64. A tilted gantry's slices shear."""
    first = geometry.common
    if len(geometry.planes) > 1:
        # Not from the first slice to the last: one of them may lie elsewhere.
        step = direction_of(geometry) * float(geometry.offsets[-1] - geometry.offsets[0]) / (len(geometry.planes) - 1)
    else:
        step = geometry.normal * (geometry.slice_thickness_mm or THICKNESS_UNKNOWN_MM)
    row_mm, column_mm = first.spacing
    along_row = np.array(first.row_direction) * column_mm
    along_column = np.array(first.column_direction) * row_mm
    return np.stack([step, along_column, along_row], axis=1)


def to_canonical(volume: Volume) -> Canonical:
    """Turn a volume to the patient's axes: a view where its axes are near them, else resampled."""
    axes = axes_of(volume.geometry)
    lengths = np.linalg.norm(axes, axis=0)
    cosines = axes / lengths
    turn = nearest_turn(cosines)
    array = _int16(volume.array)
    worst = min(abs(float(cosines[PATIENT_AXIS[a], own])) for a, own in enumerate(turn.order))
    if worst >= np.cos(np.radians(RESAMPLE_DEGREES)):
        spacing = tuple(float(lengths[own]) for own in turn.order)
        return Canonical(turn.forward(array), (spacing[0], spacing[1], spacing[2]), turn)
    return _resampled(array, axes)


def _int16(array: NDArray[np.int16] | NDArray[np.float32]) -> NDArray[np.int16]:
    if array.dtype == np.int16:
        return np.asarray(array, dtype=np.int16)
    return np.asarray(np.rint(np.clip(array, -32768, 32767)), dtype=np.int16)


def nearest_turn(cosines: NDArray[np.float64]) -> Turn:
    """Return the axis of the series nearest to each patient axis, the surest first, each used once."""
    order, flip = [0, 0, 0], [False, False, False]
    table = np.abs(cosines).copy()
    for _ in range(3):
        patient, own = (int(index) for index in np.unravel_index(int(np.argmax(table)), table.shape))
        canonical = PATIENT_AXIS.index(patient)
        order[canonical], flip[canonical] = own, bool(cosines[patient, own] < 0)
        table[patient, :] = -1.0
        table[:, own] = -1.0
    return Turn((order[0], order[1], order[2]), (flip[0], flip[1], flip[2]))


def _resampled(array: NDArray[np.int16], axes: NDArray[np.float64]) -> Canonical:
    """Linear resampling to an axis-aligned grid of similar voxels that holds the whole series.

    Beyond the series its edge goes on: air there would cut the body askew at the first and the last slices.
    """
    size = RESAMPLED_MM[0] if np.abs(np.linalg.det(axes)) ** (1 / 3) < sum(RESAMPLED_MM) / 2 else RESAMPLED_MM[1]
    lps = axes[list(PATIENT_AXIS)]
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(array.shape) - 1)
    placed = corners @ lps.T
    low, high = placed.min(axis=0), placed.max(axis=0)
    shape = tuple(int(count) for count in np.ceil((high - low) / size).astype(int) + 1)
    matrix, shift = lps / size, -low / size
    inverse = np.linalg.inv(matrix)
    turned = ndimage.affine_transform(array, inverse, -inverse @ shift, shape, order=1, mode="nearest", output=np.int16)
    return Canonical(turned, (size, size, size), Resampling(matrix, shift))
