"""A series as a coarse volume on the patient's axes, made slice by slice, and the way from there to each slice.

Axes are (slice, row, column) growing to the head, to the back and to the patient's left (DICOM LPS), in mm from the
first voxel of the turned series.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.series.geometry import SeriesGeometry
from model.volume.blocks import block_means
from model.volume.patient_axes import PATIENT_AXIS, Turn, axes_of, nearest_turn

# Beyond this angle between an axis of the series and the patient's, "in front of" has no meaning by rows.
MOST_DEGREES = 25.0
# Coarse voxels come as near to this edge as whole voxels allow.
COARSE_MM = 2.0
FEWEST_SLICES = 8

Sheet = NDArray[np.float32]
Coarse = NDArray[np.float32]


@dataclass(frozen=True)
class PatientGrid:
    """``turn`` from the series' axes to the patient's; ``shape`` and ``spacing`` (mm) of the turned series."""

    turn: Turn
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]

    @property
    def factor(self) -> tuple[int, int, int]:
        """Voxels per coarse voxel along each turned axis."""
        z, y, x = (max(1, int(COARSE_MM / size + 0.1)) for size in self.spacing)
        return z, y, x

    @property
    def coarse_spacing(self) -> tuple[float, float, float]:
        """Edges of a coarse voxel in mm."""
        z, y, x = (size * step for size, step in zip(self.spacing, self.factor, strict=True))
        return z, y, x

    def coarse_mm(self, axis: int) -> NDArray[np.float64]:
        """Where the centres of the coarse voxels lie along a turned axis, in mm."""
        step = self.factor[axis]
        count = self.shape[axis] // step
        return np.asarray((np.arange(count) * step + (step - 1) / 2) * self.spacing[axis], dtype=np.float64)

    def full_mm(self, axis: int) -> NDArray[np.float64]:
        """Where the voxels of the series lie along a turned axis, in mm."""
        return np.asarray(np.arange(self.shape[axis]) * self.spacing[axis], dtype=np.float64)

    def coarse(self, sheet: Callable[[int], Sheet]) -> Coarse:
        """Average the series over blocks; ``sheet`` gives the values of a slice by its place along the normal."""
        along = self.turn.order.index(0)
        step = self.factor[along]
        count = self.shape[along] // step
        stack: list[Sheet] = []
        for block in range(count):
            layers = [self._flat(sheet(self._own(along, block * step + one))) for one in range(step)]
            stack.append(np.mean(layers, axis=0, dtype=np.float32))
        return np.ascontiguousarray(np.moveaxis(np.stack(stack), 0, along))

    def slice_of(self, place: int) -> tuple[int, int]:
        """Return the turned axis that the series' slices are stacked along, and the index of one of them on it."""
        along = self.turn.order.index(0)
        return along, self._own(along, place)

    def to_slice(self, flat: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Turn a mask on the two turned axes of a slice, in their order, to its rows and columns."""
        axes = self._in_plane()
        steps = tuple(slice(None, None, -1 if self.turn.flip[axis] else 1) for axis in axes)
        turned = flat[steps]
        return turned if self.turn.order[axes[0]] == 1 else turned.T

    def _flat(self, stored: Sheet) -> Sheet:
        """Return the block means of a slice with its two axes in the turned order."""
        axes = self._in_plane()
        turned = stored if self.turn.order[axes[0]] == 1 else stored.T
        steps = tuple(slice(None, None, -1 if self.turn.flip[axis] else 1) for axis in axes)
        return block_means(np.ascontiguousarray(turned[steps]), self.factor[axes[0]], self.factor[axes[1]])

    def _in_plane(self) -> tuple[int, int]:
        along = self.turn.order.index(0)
        first, second = (axis for axis in range(3) if axis != along)
        return first, second

    def _own(self, along: int, index: int) -> int:
        return self.shape[along] - 1 - index if self.turn.flip[along] else index


def grid_of(geometry: SeriesGeometry) -> PatientGrid | None:
    """Return the grid of a series; None where it is no even stack of slices, or lies oblique in the patient."""
    if len(geometry.planes) < FEWEST_SLICES or not geometry.uniform or geometry.gaps:
        return None
    axes = axes_of(geometry)
    lengths = np.linalg.norm(axes, axis=0)
    cosines = axes / lengths
    turn = nearest_turn(cosines)
    worst = min(abs(float(cosines[PATIENT_AXIS[axis], own])) for axis, own in enumerate(turn.order))
    if worst < np.cos(np.radians(MOST_DEGREES)):
        return None
    z, y, x = turn.order
    return PatientGrid(
        turn,
        (geometry.shape[z], geometry.shape[y], geometry.shape[x]),
        (float(lengths[z]), float(lengths[y]), float(lengths[x])),
    )
