"""Points of a chart: one number of one ROI in the order of time, and on which scale it is judged."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from model.compare.comparison import Verdict
from plugin.quality.row import RoiRow


class Value(StrEnum):
    """The numbers that can be charted, by their names in the REST API."""

    ADDED_PATH_LENGTH = "AddedPathLengthMm"
    MEAN_SURFACE_DISTANCE = "MeanSurfaceDistanceMm"
    HAUSDORFF95 = "Hausdorff95Mm"
    DICE = "Dice"
    SURFACE_DICE = "SurfaceDice"


@dataclass(frozen=True)
class Scale:
    """How a number becomes an amount of editing, and its logarithm.

    ``attribute`` is the field of ``Metrics``; ``agreement``: 1 means unchanged (Dice), the amount is what is missing to
    1. Amounts below ``floor`` count as that much: what is edited has a logarithm, also where a slice was erased and no
    path was added.
    """

    attribute: str
    floor: float
    agreement: bool = False

    def log_amount(self, value: float) -> float:
        """Return the natural logarithm of the amount of editing that a number stands for."""
        return math.log(self.amount(value))

    @property
    def unchanged(self) -> float:
        """The number of a ROI that nobody changed."""
        return 1.0 if self.agreement else 0.0

    def amount(self, value: float) -> float:
        """Return how much was edited, at least the floor."""
        return max(1.0 - value if self.agreement else value, self.floor)

    def value(self, log_amount: float) -> float:
        """Return the number with a given logarithm of its amount, for lines of a chart; the way back."""
        amount = math.exp(min(log_amount, 700.0))
        return max(0.0, 1.0 - amount) if self.agreement else amount


SCALES: dict[Value, Scale] = {
    Value.ADDED_PATH_LENGTH: Scale("added_path_length", 1.0),
    Value.MEAN_SURFACE_DISTANCE: Scale("mean_surface_distance", 0.01),
    Value.HAUSDORFF95: Scale("hausdorff95", 0.1),
    Value.DICE: Scale("dice", 1e-4, agreement=True),
    Value.SURFACE_DICE: Scale("surface_dice", 1e-4, agreement=True),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One ROI of one job: when it was compared (seconds since the epoch), its number, and whether people changed it."""

    at: float
    value: float
    job: str
    edited: bool


def points_of(rows: Iterable[RoiRow], value: Value) -> list[Point]:
    """Return the points of rows that have the number: those that were left as they were, or edited.

    A deleted ROI has no distance, and one that is not comparable no number: both are counted elsewhere, not charted.
    """
    scale = SCALES[value]
    points = []
    for row in rows:
        if row.verdict is Verdict.UNTOUCHED:
            points.append(Point(row.at, scale.unchanged, row.job, edited=False))
        elif row.verdict is Verdict.EDITED:
            number = getattr(row.metrics, scale.attribute)
            if number is not None and math.isfinite(number):
                points.append(Point(row.at, float(number), row.job, edited=True))
    return points
