"""What became of one ROI: untouched, edited, deleted, added, or not comparable with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from model.compare.comparison import Metrics, Verdict
from model.compare.metrics import metrics_of
from model.compare.pair import pair_of
from model.compare.reasons import Remark, remarks_on_contours, remarks_on_planes, remarks_on_slices
from model.compare.resampled import ROUNDING_MM, geometry_on, on_slices, own_planes
from model.compare.rounding import differ_by_rounding
from model.compare.shape import RoiShape, shape_of_roi
from model.contours.structure import BoxedMask
from model.rtstruct.planes import PlacedContours
from model.rtstruct.read import RoiMask, UnreadRoi
from model.series.geometry import SeriesGeometry

NO_CONTOURS = PlacedContours(np.zeros((0, 3)), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32))
NOTHING = RoiShape(BoxedMask((0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_)), NO_CONTOURS)


@dataclass(frozen=True)
class Judged:
    """A verdict with its numbers, and why: ``code`` and ``reason`` as in RoiComparison."""

    verdict: Verdict
    metrics: Metrics = field(default_factory=Metrics)
    code: str | None = None
    reason: str | None = None

    def but_first(self, code: str, words: str) -> Judged:
        """Say one thing before all others."""
        return replace(self, code=code, reason=f"{words}; {self.reason}" if self.reason else words)

    def and_this(self, code: str, words: str) -> Judged:
        """Say one thing more; the first code stays."""
        return replace(self, code=self.code or code, reason=f"{self.reason}; {words}" if self.reason else words)


def judge(
    ours: RoiMask | UnreadRoi, other: RoiMask | UnreadRoi, geometry: SeriesGeometry, tolerance_mm: float
) -> Judged:
    """Judge a pair of ROIs by what both of them hold on the slices of the series."""
    if isinstance(ours, UnreadRoi):
        return Judged(Verdict.NOT_COMPARABLE, code=ours.code, reason=f"in the reference, {ours.reason}")
    if ours.mask.empty:
        why = why_empty(ours)
        return _of_nothing(other, geometry) if why is None else _not_comparable(why, "in the reference, ")
    alone = Metrics(volume=volume_of(ours, geometry))
    if isinstance(other, UnreadRoi):
        return Judged(Verdict.NOT_COMPARABLE, alone, other.code, other.reason)
    if other.mask.empty:
        why = why_empty(other)
        if why is None:
            return Judged(Verdict.DELETED, alone, reason="it is there, without a contour")
        return replace(_not_comparable(why), metrics=alone)
    return _judge_drawn(ours, other, geometry, tolerance_mm)


def why_empty(roi: RoiMask) -> Remark | None:
    """Return code and words for why an ROI with contours has no voxel; None for one without contours."""
    if roi.off_grid:
        return "CONTOURS_OUTSIDE", "its contours lie on no slice of the series"
    if roi.not_closed:
        return "CONTOURS_OPEN", "it has points or open contours only"
    if roi.contours is not None and len(roi.contours.lengths):
        return (
            "CONTOURS_NO_VOXEL",
            "no centre of a voxel lies within its contours: they are too small, or beyond the images",
        )
    return None


def volume_of(roi: RoiMask, geometry: SeriesGeometry) -> float | None:
    """Return the volume of one ROI alone, in cm³."""
    return metrics_of(RoiShape(roi.mask, NO_CONTOURS), NOTHING, geometry, 0.0).volume


def _judge_drawn(ours: RoiMask, other: RoiMask, geometry: SeriesGeometry, tolerance_mm: float) -> Judged:
    one, two = shape_of_roi(ours, geometry), shape_of_roi(other, geometry)
    remarks = list(remarks_on_contours(other))
    verdict = _verdict(one, two, geometry)
    own = own_planes(two.contours, geometry)
    if verdict is Verdict.UNTOUCHED and own is not None:
        # The same voxels, yet not the same planes: what lies between two slices was moved, or is another system's.
        before = own_planes(one.contours, geometry)
        if before is None or abs(before.off_mm - own.off_mm) > ROUNDING_MM:
            remarks = [*remarks_on_planes(replace(own, slices=None), len(two.mask.array)), *remarks]
    if verdict is Verdict.EDITED:
        if own is not None and own.slices is not None:
            on_own = on_slices(one, own.slices), on_slices(two, own.slices)
            if not on_own[0].mask.empty and not on_own[1].mask.empty:
                one, two = on_own
                geometry = geometry_on(geometry, own.slices)
                verdict = _verdict(one, two, geometry)
        remarks = [
            *remarks_on_slices(one.mask, two.mask),
            *remarks_on_planes(own, len(two.mask.array)),
            *remarks,
        ]
    # What rounding alone changed is no number.
    after = one if verdict is Verdict.UNTOUCHED else two
    judged = Judged(verdict, metrics_of(one, after, geometry, tolerance_mm))
    for code, words in remarks:
        judged = judged.and_this(code, words)
    return judged


def _verdict(one: RoiShape, other: RoiShape, geometry: SeriesGeometry) -> Verdict:
    pair = pair_of(one.mask, other.mask)
    same = bool(np.array_equal(pair.reference, pair.other)) or differ_by_rounding(one, other, geometry)
    return Verdict.UNTOUCHED if same else Verdict.EDITED


def _of_nothing(other: RoiMask | UnreadRoi, geometry: SeriesGeometry) -> Judged:
    """Judge what the other has of an ROI that is empty in the reference."""
    if isinstance(other, UnreadRoi):
        return Judged(Verdict.NOT_COMPARABLE, code=other.code, reason=other.reason)
    if not other.mask.empty:
        drawn = Metrics(other_volume=volume_of(other, geometry))
        return Judged(Verdict.ADDED, drawn, reason="the reference has it without a contour")
    why = why_empty(other)
    if why is not None:
        return _not_comparable(why)
    return Judged(Verdict.UNTOUCHED, reason="neither has a contour of it")


def _not_comparable(why: Remark, where: str = "") -> Judged:
    code, words = why
    return Judged(Verdict.NOT_COMPARABLE, code=code, reason=f"{where}{words}")
