"""What a comparison of two structure sets says, ROI by ROI; numbers that do not apply are None."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What became of one ROI of the reference in the other structure set."""

    UNTOUCHED = "untouched"
    EDITED = "edited"
    DELETED = "deleted"
    ADDED = "added"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True)
class CommonSlices:
    """The same numbers over the slices alone that both ROIs have; distances in mm.

    They tell an end that was cut off, or a slice that is missing, from a shape that was changed.
    """

    slices: int
    dice: float
    hausdorff: float
    hausdorff95: float
    mean_surface_distance: float
    surface_dice: float
    side: float

    def document(self) -> dict[str, Any]:
        """Return it as the commands and the REST API show it."""
        return {
            "Slices": self.slices,
            "Dice": self.dice,
            "HausdorffMm": self.hausdorff,
            "Hausdorff95Mm": self.hausdorff95,
            "MeanSurfaceDistanceMm": self.mean_surface_distance,
            "SurfaceDice": self.surface_dice,
            "SideMm": self.side,
        }


@dataclass(frozen=True)
class Metrics:
    """The numbers of one pair of ROIs; docs/quality.md defines each.

    Volumes are in cm³, distances in mm. ``side`` is the mean signed distance from the reference to the other surface:
    positive where people drew outwards. ``centroid_shift`` is (x, y, z) in patient coordinates, LPS, from the
    reference to the other. ``common_slices`` is there where slices are missing or ends were cut.
    """

    volume: float | None = None
    other_volume: float | None = None
    dice: float | None = None
    hausdorff: float | None = None
    hausdorff95: float | None = None
    mean_surface_distance: float | None = None
    surface_dice: float | None = None
    tolerance: float | None = None
    added_path_length: float | None = None
    side: float | None = None
    centroid_shift: tuple[float, float, float] | None = None
    slices_edited: int | None = None
    slices_missing: int | None = None
    slices_cut: int | None = None
    common_slices: CommonSlices | None = None


@dataclass(frozen=True)
class RoiComparison:
    """One ROI of both structure sets, or of one.

    ``name`` is the reference's and None where the other has it alone; ``other_name`` the other's. ``code`` and
    ``reason`` say why it is not comparable, or what the numbers do not tell (a slice without a contour, an end that
    was cut).
    """

    name: str | None
    other_name: str | None
    verdict: Verdict
    metrics: Metrics = Metrics()
    code: str | None = None
    reason: str | None = None

    def document(self) -> dict[str, Any]:
        """Return it as the commands and the REST API show it."""
        numbers = self.metrics
        return {
            "Name": self.name,
            "OtherName": self.other_name,
            "Verdict": self.verdict.value,
            "Code": self.code,
            "Reason": self.reason,
            "Volume": numbers.volume,
            "OtherVolume": numbers.other_volume,
            "Dice": numbers.dice,
            "HausdorffMm": numbers.hausdorff,
            "Hausdorff95Mm": numbers.hausdorff95,
            "MeanSurfaceDistanceMm": numbers.mean_surface_distance,
            "SurfaceDice": numbers.surface_dice,
            "ToleranceMm": numbers.tolerance,
            "AddedPathLengthMm": numbers.added_path_length,
            "SideMm": numbers.side,
            "CentroidShiftMm": None if numbers.centroid_shift is None else list(numbers.centroid_shift),
            "SlicesEdited": numbers.slices_edited,
            "SlicesMissing": numbers.slices_missing,
            "SlicesCut": numbers.slices_cut,
            "CommonSlices": None if numbers.common_slices is None else numbers.common_slices.document(),
        }


@dataclass(frozen=True)
class Comparison:
    """Two structure sets of one series: the reference (ours) and the other (what people made of it).

    ``series`` names the series as the one who asks does; ``reference`` and ``other`` are SOP Instance UIDs.
    """

    series: str
    reference: str
    other: str
    rois: tuple[RoiComparison, ...]
    warnings: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as the commands and the REST API show it."""
        return {
            "Series": self.series,
            "Reference": self.reference,
            "Other": self.other,
            "Rois": [roi.document() for roi in self.rois],
            "Warnings": list(self.warnings),
        }
