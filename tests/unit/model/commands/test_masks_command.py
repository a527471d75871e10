"""``autocontour masks`` says what of an ROI is in no mask, or was combined in a way that nobody may have meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugin.cli import main
from tests.builders import series
from tests.unit.model.rtstruct.test_faults import INNER, OUTER, PLAN, SMALL, Corners, Drawn, Roi, stored, structure_set

# 64 × 64 pixels of 1.5 mm, ten slices 3 mm apart. An ear reaches over the lower right corner of OUTER.
EAR: Corners = [(35.5, 35.5), (45.5, 35.5), (45.5, 45.5), (35.5, 45.5)]
COMMON = 5 * 5


def masks(place: Path, capsys: pytest.CaptureFixture[str], *rois: Roi) -> tuple[list[str], list[int]]:
    """What the command warns of, which is the same on standard error, and the voxels of each ROI."""
    images = series.write_series(PLAN, place / "images")
    stored(structure_set(*rois)).save_as(place / "drawn.dcm")
    status = main(["masks", str(images), str(place / "drawn.dcm"), "-o", str(place / "masks"), "--json"])
    told = capsys.readouterr()
    assert status == 0, told.err
    document = json.loads(told.out)
    assert told.err.splitlines() == [f"autocontour: warning: {words}" for words in document["Warnings"]]
    return document["Warnings"], [roi["Voxels"] for roi in document["Rois"]]


def square(first: float, last: float) -> Corners:
    return [(first, 10.0), (last, 10.0), (last, 20.0), (first, 20.0)]


def test_what_lies_beyond_rows_or_columns_is_said_of_its_roi_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    across = [Drawn(square(55.5, 70.5), 3.0 * n) for n in (2, 3)]
    rois = Roi("Arm", "4", [*across, Drawn(square(30.5, 40.5), 12.0)]), Roi("Good", "7", [Drawn(SMALL)])
    warnings, voxels = masks(tmp_path, capsys, *rois)
    assert warnings == [
        "ROI 4 reaches beyond the rows or columns of the images on 2 slice(s), by up to 10.5 mm; what lies there is "
        "not in the mask"
    ]
    assert voxels == [(8 + 8 + 10) * 10, 25]


def test_an_roi_wholly_beside_the_images_is_said_to_be_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upwards: Corners = [(10.0, -20.5), (20.0, -20.5), (20.0, -9.5), (10.0, -9.5)]
    warnings, voxels = masks(tmp_path, capsys, Roi("Far", "4", [Drawn(upwards)]))
    assert warnings[0] == "ROI 4 has no voxel"
    assert "on 1 slice(s), by up to 30.0 mm" in warnings[1]
    assert voxels == [0]


@pytest.mark.parametrize("edge", [-0.5, -1.0])
def test_contours_along_the_edge_of_the_images_lose_nothing_and_nothing_is_said(
    edge: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = 63 - edge
    whole: Corners = [(edge, edge), (last, edge), (last, last), (edge, last)]
    assert masks(tmp_path, capsys, Roi(contours=[Drawn(whole)])) == ([], [64 * 64])


def test_contours_beyond_the_first_or_last_slice_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heights = [-6.0, -3.0, 0.0, 27.0, 30.0]
    warnings, voxels = masks(tmp_path, capsys, Roi("Cord", "4", [Drawn(SMALL, height) for height in heights]))
    assert warnings[0] == "ROI 4 has 3 contours that lie on no slice of the series; they are left out"
    assert voxels == [2 * 25]


def test_contours_that_partly_overlap_are_said_with_the_slices(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contours = [Drawn(corners, 3.0 * n) for n in (3, 4, 5) for corners in (OUTER, *((EAR,) if n > 3 else ()))]
    warnings, voxels = masks(tmp_path, capsys, Roi("Heart", "4", contours), Roi("Good", "7", [Drawn(SMALL)]))
    assert warnings == [
        "ROI 4 has contours that partly overlap on 2 slice(s); what two of them share is not in the mask (exclusive "
        "or), and nobody may have meant that"
    ]
    assert voxels == [3 * 31 * 31 + 2 * (10 * 10 - 2 * COMMON), 25]


@pytest.mark.filterwarnings("ignore:The value length:UserWarning")
@pytest.mark.parametrize("kind", ["CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR"])
def test_contours_that_ask_for_exclusive_or_may_overlap(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contours = [Drawn(OUTER, kind=kind), Drawn(EAR, kind=kind)]
    assert masks(tmp_path, capsys, Roi(contours=contours)) == ([], [31 * 31 + 10 * 10 - 2 * COMMON])


def test_holes_pieces_and_what_lies_in_holes_are_no_overlap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    island: Corners = [(22.5, 22.5), (27.5, 22.5), (27.5, 27.5), (22.5, 27.5)]
    contours = [Drawn(corners) for corners in (island, OUTER, SMALL, INNER)]
    assert masks(tmp_path, capsys, Roi(contours=contours)) == ([], [31 * 31 - 11 * 11 + 5 * 5 + 25])
