"""The answers: numbers of pairs of shapes in closed form, in mm, cm³ and parts.

Distances are of both surfaces, each point weighted with its area; surface Dice is the part of both surfaces that lies
within the tolerance of the other one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """A number, and how far from it still counts as right."""

    value: float
    within: float


Answers = dict[str, Answer]
# Shapes on the borders of voxels are counted exactly; of curved ones a mask holds this much, distances less.
EXACT, COUNTED, FLAT, CURVED = 0.001, 0.02, 0.02, 0.05
# A pole lies between two slices: the largest distance is known to half of one there, the 95 % one to an eighth.
POLE, NEAR_POLE = 1 / 2, 1 / 8


def _part(value: float, part: float) -> Answer:
    return Answer(value, abs(value) * part)


def volumes(reference: float, other: float, shared: float, *, curved: bool) -> Answers:
    """Answer volumes (from mm³) and Dice."""
    part = COUNTED if curved else EXACT
    return {
        "Volume": _part(reference / 1000, part),
        "OtherVolume": _part(other / 1000, part),
        "Dice": _part(2 * shared / (reference + other), part),
    }


def box_moved(size: tuple[float, float, float], by: float, tolerance: float) -> Answers:
    """Answer for a box that is moved along its first edge by less than half of it, at a tolerance below the move."""
    a, b, c = size
    area = 2 * (a * b + a * c + b * c)
    # Of one box: the face that it left, the face within the other, and what the four faces between lie outside.
    left = b * c * by
    within = b * c * by - (b + c) * by**2 + 4 * by**3 / 3
    between = (b + c) * by**2
    near = b * c - (b - 2 * tolerance) * (c - 2 * tolerance) + 2 * (b + c) * (a - by + tolerance)
    return {
        **volumes(a * b * c, a * b * c, (a - by) * b * c, curved=False),
        "HausdorffMm": _part(by, FLAT),
        "Hausdorff95Mm": _part(by, FLAT),
        "MeanSurfaceDistanceMm": _part((left + within + between) / area, FLAT),
        "SurfaceDice": _part(near / area, FLAT),
    }


def sphere_moved(radius: float, by: float, tolerance: float) -> Answers:
    """Answer for a sphere that is moved: distances between its surfaces are evenly spread from 0 to the move."""
    whole = 4 / 3 * math.pi * radius**3
    shared = math.pi * (4 * radius + by) * (2 * radius - by) ** 2 / 12
    return {
        **volumes(whole, whole, shared, curved=True),
        "HausdorffMm": _part(by, CURVED),
        "Hausdorff95Mm": _part(0.95 * by, CURVED),
        "MeanSurfaceDistanceMm": _part(by / 2, CURVED),
        "SurfaceDice": _part(tolerance / by, CURVED),
    }


def sphere_grown(radius: float, larger: float, tolerance: float, slice_mm: float) -> Answers:
    """Answer for a sphere within a larger one of the same centre."""
    one, other = (4 / 3 * math.pi * r**3 for r in (radius, larger))
    apart = larger - radius
    return {
        **volumes(one, other, one, curved=True),
        "HausdorffMm": Answer(apart, POLE * slice_mm),
        "Hausdorff95Mm": Answer(apart, NEAR_POLE * slice_mm),
        "MeanSurfaceDistanceMm": _part(apart, CURVED),
        "SurfaceDice": Answer(float(tolerance >= apart), CURVED),
    }


def shell_hollowed(outer: float, inner: float, larger: float, tolerance: float, slice_mm: float) -> Answers:
    """Answer for a spherical shell whose hole grows, at a tolerance below the growth."""
    one, other = (4 / 3 * math.pi * (outer**3 - r**3) for r in (inner, larger))
    apart = larger - inner
    holes, rims = inner**2 + larger**2, 2 * outer**2
    return {
        **volumes(one, other, other, curved=True),
        "HausdorffMm": Answer(apart, POLE * slice_mm),
        "Hausdorff95Mm": Answer(apart, NEAR_POLE * slice_mm),
        "MeanSurfaceDistanceMm": _part(apart * holes / (holes + rims), CURVED),
        "SurfaceDice": _part(rims / (holes + rims) if tolerance < apart else 1.0, CURVED),
    }


def untouched(volume: float, *, curved: bool) -> Answers:
    """Answer for two that are the same."""
    zero = Answer(0.0, 1e-9)
    return {
        "Volume": _part(volume / 1000, COUNTED if curved else EXACT),
        "Dice": Answer(1.0, 1e-9),
        "HausdorffMm": zero,
        "MeanSurfaceDistanceMm": zero,
        "SurfaceDice": Answer(1.0, 1e-9),
        "AddedPathLengthMm": zero,
    }


def count(number: float) -> Answer:
    """Answer a number that is counted."""
    return Answer(number, 1e-6)
