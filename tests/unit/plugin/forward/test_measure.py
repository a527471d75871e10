"""What a node's structure set leaves out of its volumes stands in the job's warnings, by number and without a name."""

from __future__ import annotations

from pathlib import Path

from model.pipeline.draw import IMAGES, STRUCTURE_SET
from plugin.forward.measure import measure
from tests.builders import series
from tests.unit.model.rtstruct.test_faults import OUTER, PLAN, SMALL, Corners, Drawn, Roi, stored, structure_set


def warnings(folder: Path, *rois: Roi) -> tuple[str, ...]:
    series.write_series(PLAN, folder / IMAGES)
    stored(structure_set(*rois)).save_as(folder / STRUCTURE_SET)
    return measure(folder).warnings


def shifted(corners: Corners, columns: float) -> Corners:
    return [(column + columns, row) for column, row in corners]


def test_nothing_is_said_of_holes_and_pieces(tmp_path: Path) -> None:
    assert warnings(tmp_path, Roi("Heart", "4", [Drawn(OUTER), Drawn(SMALL)])) == ()


def test_what_lies_beyond_the_images_is_said(tmp_path: Path) -> None:
    arm = Roi("Arm of Jane", "4", [Drawn(shifted(SMALL, 10.0))])
    assert warnings(tmp_path, arm, Roi("Heart", "7")) == (
        "1 ROI(s) reach beyond the rows or columns of the images; what lies there is not in their volumes (ROI 4).",
    )


def test_contours_that_partly_overlap_are_said(tmp_path: Path) -> None:
    heart = Roi("Heart of Jane", "4", [Drawn(OUTER), Drawn(shifted(OUTER, 5.0))])
    assert warnings(tmp_path, heart, Roi("Good", "7", [Drawn(SMALL)])) == (
        "Contours of 1 ROI(s) partly overlap in one plane; what two of them share is not in their volumes (ROI 4).",
    )
