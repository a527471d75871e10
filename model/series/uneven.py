"""Slices that are not evenly spaced: what is said of them, wherever they are contoured."""

from __future__ import annotations

import numpy as np

from model.series.geometry import SeriesGeometry
from model.series.steps import EQUAL

# Steps that differ by more than this part of the usual one are told, and models see the volume resampled.
UNEVEN = 0.1
# More ways of going on than this are given as a range.
_LISTED = 4


def is_uneven(geometry: SeriesGeometry) -> bool:
    """Whether the distances between neighbouring slices differ by more than rounding and table drift."""
    return len(geometry.planes) > 2 and float(np.ptp(geometry.steps)) > UNEVEN * geometry.spacing_mm


def uneven_steps(geometry: SeriesGeometry) -> str | None:
    """Return what whoever reads the result must know of the steps of a series without gaps; None where all agree."""
    if not is_uneven(geometry):
        return None
    return (
        f"The slices are not evenly spaced: {_listed(geometry)}. Contours are on the slices that there are, models see "
        "them resampled to even steps, and volumes count each slice with the distances to its neighbours."
    )


def _listed(geometry: SeriesGeometry) -> str:
    runs: list[list[float]] = []
    for step in map(float, geometry.steps):
        if runs and abs(step - runs[-1][0]) <= EQUAL * runs[-1][0]:
            runs[-1].append(step)
        else:
            runs.append([step])
    if len(runs) > _LISTED:
        return f"steps of {geometry.steps.min():.1f} to {geometry.steps.max():.1f} mm"
    return ", then ".join(f"{len(run)} step(s) of {np.median(run):.1f} mm" for run in runs)
