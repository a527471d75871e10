"""Unevenly spaced slices resampled to even steps, for engines whose grids have one step, and their masks brought back.

A head CT with thin slices below and thick ones above is whole, and shows no engine its true shape by index alone. The
planes of the even grid lie on the slices wherever one step fits all of them; between slices values are interpolated
linearly, so that a plane in a thick part shows a mixture of its neighbours and nothing that was never measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask, Structure
from model.engines.engine import Drawing
from model.series.geometry import SeriesGeometry, SlicePlane
from model.series.uneven import is_uneven
from model.volume.volume import Volume

# The step follows the thin slices, as long as a tenth of them are; a few at one spot do not make it.
FINE_PART = 0.1
# A slice within this part of a step from a plane is shown by it; parts of the step are tried until all are.
NEAR, DIVISORS = 0.1, (1, 2, 3)
# Planes for each slice, and in all: what an engine holds grows with them.
MOST_TIMES, MOST_PLANES = 3, 1200


@dataclass(frozen=True)
class EvenVolume:
    """``volume`` has even steps; ``nearest`` is, for each slice of the series, its plane there, (slices,) int64."""

    volume: Volume
    nearest: NDArray[np.int64]

    def on_slices(self, drawing: Drawing) -> Drawing:
        """Return a drawing on the even planes as one on the slices of the series, each mask from its nearest plane."""
        return replace(drawing, structures=tuple(self._on_slices(one) for one in drawing.structures))

    def _on_slices(self, structure: Structure) -> Structure:
        mask = structure.mask
        if mask.empty:
            return structure
        first, last = mask.origin[0], mask.origin[0] + mask.shape[0]
        low, high = (int(place) for place in np.searchsorted(self.nearest, (first, last)))
        sheets = mask.array[self.nearest[low:high] - first]
        return replace(structure, mask=BoxedMask.crop(sheets, (low, mask.origin[1], mask.origin[2])))


def evened(volume: Volume) -> EvenVolume | None:
    """Resample a volume along its slices; None where its steps are even already."""
    if not is_uneven(volume.geometry):
        return None
    offsets = volume.geometry.offsets
    step = _step(offsets)
    heights = offsets[0] + step * np.arange(round(float(offsets[-1] - offsets[0]) / step) + 1)
    nearest = np.clip(np.rint((offsets - offsets[0]) / step), 0, len(heights) - 1).astype(np.int64)
    # A plane that shows a slice is that slice; where two share one, the nearer.
    apart = np.abs(heights[nearest] - offsets)
    for index in np.argsort(-apart, kind="stable"):
        if apart[index] <= NEAR * step:
            heights[nearest[index]] = offsets[index]
    geometry = replace(volume.geometry, planes=_planes(volume.geometry, step, len(heights)), left_out=())
    made = replace(
        volume, array=_resampled(volume.array, offsets, heights), geometry=geometry, measured=volume.geometry
    )
    return EvenVolume(made, nearest)


def _step(offsets: NDArray[np.float64]) -> float:
    """Return the step (mm) of the even grid: that of the thin slices, or a part of it which meets more slices."""
    steps, extent, count = np.diff(offsets), float(offsets[-1] - offsets[0]), len(offsets)
    most = max(count, min(MOST_TIMES * count, MOST_PLANES))
    fine = max(float(np.quantile(steps, FINE_PART, method="lower")), extent / most)
    # A whole number of steps to the last slice.
    fine = extent / max(1, round(extent / fine))
    best, least = fine, np.inf
    for divisor in DIVISORS:
        step = fine / divisor
        if extent / step > most + 1e-6:
            break
        places = (offsets - offsets[0]) / step
        missed = float(np.abs(places - np.rint(places)).max()) * step
        if missed < least - 1e-9:
            best, least = step, missed
        if missed <= NEAR * step:
            break
    return best


def _planes(geometry: SeriesGeometry, step: float, count: int) -> tuple[SlicePlane, ...]:
    """Return planes at even steps on the way from slice to slice, which leans in a tilted series."""
    offsets, positions = geometry.offsets, geometry.positions
    heights = offsets[0] + step * np.arange(count)
    along = np.stack([np.interp(heights, offsets, positions[:, axis]) for axis in range(3)], axis=1)
    common, first = geometry.common, geometry.planes[0]
    row, column = (_vector(direction) for direction in (common.row_direction, common.column_direction))
    return tuple(
        replace(
            first,
            sop_instance_uid=f"plane {index}",
            position=_vector(position),
            position_text=("", "", ""),
            row_direction=row,
            column_direction=column,
            spacing=common.spacing,
            number=None,
        )
        for index, position in enumerate(along)
    )


def _vector(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _resampled(
    array: NDArray[np.int16] | NDArray[np.float32], offsets: NDArray[np.float64], heights: NDArray[np.float64]
) -> NDArray[np.int16] | NDArray[np.float32]:
    """(plane, row, column) at these heights, linear between the slices at ``offsets``; of the same type."""
    after = np.clip(np.searchsorted(offsets, heights), 1, len(offsets) - 1)
    share = np.clip((heights - offsets[after - 1]) / (offsets[after] - offsets[after - 1]), 0.0, 1.0)
    made = np.empty((len(heights), *array.shape[1:]), dtype=array.dtype)
    for plane, (index, weight) in enumerate(zip(after, share, strict=True)):
        if weight in (0.0, 1.0):
            made[plane] = array[index - 1 + int(weight)]
            continue
        mixed = array[index - 1] * np.float32(1 - weight) + array[index] * np.float32(weight)
        made[plane] = np.rint(mixed) if made.dtype == np.int16 else mixed
    return made
