"""A comparison is shown under the names of the contract, and a number that does not apply is null."""

from __future__ import annotations

from model.compare.comparison import Comparison, Metrics, RoiComparison, Verdict

CONTRACT = {
    "Name",
    "OtherName",
    "Verdict",
    "Reason",
    "Volume",
    "OtherVolume",
    "Dice",
    "HausdorffMm",
    "Hausdorff95Mm",
    "MeanSurfaceDistanceMm",
    "SurfaceDice",
    "ToleranceMm",
    "AddedPathLengthMm",
    "SlicesEdited",
    "SlicesMissing",
}


def test_each_roi_has_every_key_of_the_contract_and_null_where_nothing_applies() -> None:
    gone = RoiComparison("Heart", None, Verdict.DELETED, Metrics(volume=612.5))
    shown = Comparison("1.2.3", "1.2.4", "1.2.5", (gone,), ("one slice is missing",)).document()
    assert set(shown) >= {"Series", "Reference", "Other", "Rois"}
    (roi,) = shown["Rois"]
    assert set(roi) >= CONTRACT
    assert (roi["Name"], roi["OtherName"], roi["Verdict"], roi["Volume"]) == ("Heart", None, "deleted", 612.5)
    assert all(roi[key] is None for key in CONTRACT - {"Name", "Verdict", "Volume"})


def test_a_shift_is_shown_as_three_numbers() -> None:
    moved = RoiComparison("Cord", "SpinalCord", Verdict.EDITED, Metrics(centroid_shift=(1.0, -0.5, 3.0)))
    assert moved.document()["CentroidShiftMm"] == [1.0, -0.5, 3.0]
