"""What systems write otherwise is untouched, what cannot be compared says why, and a lost slice is said first."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from model.compare.compare import compare_structure_sets
from model.compare.comparison import Comparison, RoiComparison
from model.compare.options import CompareOptions
from model.errors import InputRefused
from tests.builders import series
from tests.builders.drawings import written

PLAN = replace(series.GEOMETRIES["axial"], offsets=tuple(3.0 * n for n in range(16)))
GEOMETRY = series.geometry(PLAN)
FIRST, LAST = 2, 12


@pytest.fixture(scope="module")
def ours() -> Dataset:
    mask = np.zeros(GEOMETRY.shape, dtype=np.bool_)
    for number in range(FIRST, LAST + 1):
        mask[number, 10:40, 10 : 30 + number] = True
    mask[5:9, 20:25, 15:20] = False
    return dcmread(io.BytesIO(written(PLAN, [("heart", mask)]).content))


def changed(dataset: Dataset, change: Callable[[list[Dataset]], list[Dataset]]) -> Dataset:
    """The structure set with other contours of its only ROI."""
    made = copy.deepcopy(dataset)
    made.ROIContourSequence[0].ContourSequence = change(list(made.ROIContourSequence[0].ContourSequence))
    return made


def compared(ours: Dataset, other: Dataset) -> Comparison:
    return compare_structure_sets(ours, other, GEOMETRY, CompareOptions())


def only(ours: Dataset, change: Callable[[list[Dataset]], list[Dataset]]) -> RoiComparison:
    (roi,) = compared(ours, changed(ours, change)).rois
    return roi


def points(contour: Dataset) -> NDArray[np.float64]:
    return np.array([float(value) for value in contour.ContourData]).reshape(-1, 3)


def with_points(contour: Dataset, values: NDArray[np.float64]) -> Dataset:
    made = copy.deepcopy(contour)
    made.ContourData = [f"{value:.3f}" for value in values.ravel()]
    made.NumberOfContourPoints = len(values)
    return made


def slice_of(contour: Dataset) -> int:
    return round(float(points(contour)[0, 2] - PLAN.origin[2]) / 3)


def moved(contour: Dataset, x: float = 0.0, z: float = 0.0) -> Dataset:
    return with_points(contour, points(contour) + np.array([x, 0.0, z]))


def tilted(contour: Dataset) -> Dataset:
    return with_points(contour, points(contour) + np.outer(np.arange(len(points(contour))), [0, 0, 1]))


@pytest.mark.parametrize("decimals", [3, 2, 1])
def test_rounded_points_are_untouched(ours: Dataset, decimals: int) -> None:
    roi = only(ours, lambda all_: [with_points(one, np.round(points(one), decimals)) for one in all_])
    assert roi.verdict.value == "untouched"


@pytest.mark.parametrize(("far", "verdict"), [(0.004, "untouched"), (0.3, "edited")])
def test_a_contour_through_voxels_centres_is_untouched_within_rounding_alone(far: float, verdict: str) -> None:
    x, y, z = PLAN.origin
    # An edge exactly through the centres of column 30.
    corners = np.array([[9.5, 9.5], [30.0, 9.5], [30.0, 40.5], [9.5, 40.5]]) * 1.5 + [x, y]
    mask = np.zeros(GEOMETRY.shape, dtype=np.bool_)
    mask[4, 10:41, 10:30] = True
    made = dcmread(io.BytesIO(written(PLAN, [("heart", mask)]).content))
    through = np.column_stack([corners, np.full(4, z + 12.0)])
    reference = changed(made, lambda all_: [with_points(all_[0], through - np.array([0.001, 0, 0]))])
    shifted = changed(made, lambda all_: [with_points(all_[0], through + np.array([far, 0, 0]))])
    (roi,) = compared(reference, shifted).rois
    assert roi.verdict.value == verdict
    if verdict == "untouched":
        assert (roi.metrics.dice, roi.metrics.added_path_length, roi.metrics.slices_edited) == (1.0, 0.0, 0)


def test_contours_written_twice_and_points_beside_them_are_untouched(ours: Dataset) -> None:
    assert only(ours, lambda all_: [*all_, *all_]).verdict.value == "untouched"

    def with_a_point(all_: list[Dataset]) -> list[Dataset]:
        point = with_points(all_[0], points(all_[0])[:1])
        point.ContourGeometricType = "POINT"
        return [*all_, point]

    roi = only(ours, with_a_point)
    assert (roi.verdict.value, roi.code) == ("untouched", "CONTOURS_OPEN")


def test_contours_that_partly_overlap_and_what_lies_beyond_the_images_are_said(ours: Dataset) -> None:
    def with_an_ear(all_: list[Dataset]) -> list[Dataset]:
        rim = next(one for one in all_ if slice_of(one) == 10)
        return [*all_, moved(rim, 10.0)]

    roi = only(ours, with_an_ear)
    assert (roi.verdict.value, roi.code) == ("edited", "CONTOURS_OVERLAP")
    assert roi.reason == "contours of it partly overlap on 1 slice(s); what two of them share is taken as outside"
    roi = only(ours, lambda all_: [moved(one, 60.0) for one in all_])
    assert (roi.verdict.value, roi.code) == ("edited", "CONTOURS_OUTSIDE")
    assert roi.reason is not None
    assert "beyond the rows or columns of the images on 11 slice(s), by up to 27.0 mm" in roi.reason


def test_a_lost_slice_is_said_before_any_distance(ours: Dataset) -> None:
    roi = only(ours, lambda all_: [one for one in all_ if slice_of(one) != 10])
    assert (roi.verdict.value, roi.code, roi.metrics.slices_missing) == ("edited", "SLICES_MISSING", 1)
    assert roi.reason == "1 slice(s) between its ends have no contour any more"


def test_ends_that_were_cut_are_told_from_an_edit_of_the_outline(ours: Dataset) -> None:
    roi = only(ours, lambda all_: [one for one in all_ if slice_of(one) > FIRST + 2])
    assert (roi.verdict.value, roi.code, roi.metrics.slices_cut) == ("edited", "ENDS_CUT", 3)
    assert roi.reason == "its ends were cut by 3 slice(s), and it is the same on all others"
    roi = only(ours, lambda all_: [moved(one, 3.0) for one in all_ if slice_of(one) > FIRST + 2])
    assert roi.reason == "its ends were cut by 3 slice(s)"


def test_every_second_slice_alone_is_compared_on_those_slices(ours: Dataset) -> None:
    roi = only(ours, lambda all_: [one for one in all_ if slice_of(one) % 2])
    assert (roi.verdict.value, roi.code) == ("untouched", "CONTOURS_RESAMPLED")
    assert roi.reason is not None
    assert "compared on the 5 slice(s)" in roi.reason
    roi = only(ours, lambda all_: [moved(one, 3.0) for one in all_ if slice_of(one) % 2])
    assert (roi.verdict.value, roi.code, roi.metrics.slices_missing) == ("edited", "CONTOURS_RESAMPLED", 0)
    assert roi.metrics.centroid_shift == pytest.approx((3.0, 0.0, 0.0))


def test_every_second_slice_and_an_end_that_was_cut_are_both_said(ours: Dataset) -> None:
    roi = only(ours, lambda all_: [one for one in all_ if slice_of(one) % 2 and slice_of(one) < 9])
    assert (roi.verdict.value, roi.code) == ("edited", "ENDS_CUT")
    assert roi.metrics.slices_cut == 2


def test_planes_between_the_slices_are_said_with_their_distance(ours: Dataset) -> None:
    roi = only(ours, lambda all_: [moved(one, 3.0, 1.0) for one in all_])
    assert (roi.verdict.value, roi.code) == ("edited", "CONTOURS_RESAMPLED")
    assert roi.reason == "its contours lie up to 1.00 mm off the slices on which they are compared"
    assert roi.metrics.slices_missing == 0


def test_denser_planes_leave_what_was_not_edited_untouched(ours: Dataset) -> None:
    def denser(all_: list[Dataset]) -> list[Dataset]:
        above = [moved(one, z=height) for one in all_ if slice_of(one) < LAST for height in (1.0, 2.0)]
        return [*all_, *above]

    roi = only(ours, denser)
    assert (roi.verdict.value, roi.code) == ("untouched", "CONTOURS_RESAMPLED")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda one: moved(one, z=300.0), "CONTOURS_OUTSIDE"),
        (lambda one: moved(one, x=900.0), "CONTOURS_NO_VOXEL"),
        (lambda one: with_points(one, points(one) * [1, 1, 1.05]), None),
        (
            lambda one: with_points(one, points(one) + np.outer(np.arange(len(points(one))), [0, 0, 1])),
            "CONTOURS_TILTED",
        ),
    ],
    ids=["off the slices", "beyond the images", "stretched", "tilted"],
)
def test_contours_elsewhere_are_not_comparable(
    ours: Dataset, change: Callable[[Dataset], Dataset], code: str | None
) -> None:
    roi = only(ours, lambda all_: [change(one) for one in all_])
    if code is None:
        assert roi.verdict.value == "edited"
    else:
        assert (roi.verdict.value, roi.code) == ("not comparable", code)
        assert roi.reason
        assert (roi.metrics.volume is not None, roi.metrics.dice) == (True, None)


def test_open_contours_alone_are_not_comparable(ours: Dataset) -> None:
    def opened(contour: Dataset) -> Dataset:
        made = copy.deepcopy(contour)
        made.ContourGeometricType = "OPEN_PLANAR"
        return made

    roi = only(ours, lambda all_: [opened(one) for one in all_])
    assert (roi.verdict.value, roi.code) == ("not comparable", "CONTOURS_OPEN")


def test_an_roi_in_another_frame_of_reference_is_not_comparable(ours: Dataset) -> None:
    other = copy.deepcopy(ours)
    other.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "2.25.99"
    (roi,) = compared(ours, other).rois
    assert (roi.verdict.value, roi.code) == ("not comparable", "ROI_FRAME")


def test_an_emptied_roi_is_deleted(ours: Dataset) -> None:
    roi = only(ours, lambda all_: [])
    assert (roi.verdict.value, roi.other_name) == ("deleted", "Heart")


def test_a_structure_set_of_another_series_in_the_frame_is_compared_with_a_warning(ours: Dataset) -> None:
    other = copy.deepcopy(ours)
    referred = other.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    referred.SeriesInstanceUID = "2.25.98"
    found = compared(ours, other)
    assert [roi.verdict.value for roi in found.rois] == ["untouched"]
    assert [words for words in found.warnings if "same frame of reference" in words]


def test_a_structure_set_of_another_frame_is_refused(ours: Dataset) -> None:
    other = copy.deepcopy(ours)
    other.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = "2.25.97"
    other.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "2.25.97"
    with pytest.raises(InputRefused, match="OTHER_FRAME"):
        compared(ours, other)


def test_a_reference_of_another_series_is_refused(ours: Dataset) -> None:
    other = copy.deepcopy(ours)
    referred = other.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    referred.SeriesInstanceUID = "2.25.98"
    with pytest.raises(InputRefused, match="OTHER_SERIES"):
        compared(other, ours)


def test_contours_that_were_moved_between_the_slices_are_untouched_and_said(ours: Dataset) -> None:
    roi = only(ours, lambda all_: [moved(one, z=1.0) for one in all_])
    assert (roi.verdict.value, roi.code) == ("untouched", "CONTOURS_RESAMPLED")
    assert roi.reason == "its contours lie up to 1.00 mm off the slices on which they are compared"
    between = changed(ours, lambda all_: [moved(one, z=1.0) for one in all_])
    (roi,) = compared(between, between).rois
    assert (roi.verdict.value, roi.reason) == ("untouched", None)


@pytest.mark.parametrize(("decimals", "verdict"), [(1, "untouched"), (2, "edited")])
def test_a_tenth_of_a_millimetre_is_rounding_only_where_no_more_is_written(decimals: int, verdict: str) -> None:
    x, y, z = PLAN.origin
    corners = np.array([[9.5, 9.5], [30.0, 9.5], [30.0, 40.5], [9.5, 40.5]]) * 1.5 + [x, y]
    mask = np.zeros(GEOMETRY.shape, dtype=np.bool_)
    mask[4, 10:41, 10:30] = True
    made = dcmread(io.BytesIO(written(PLAN, [("heart", mask)]).content))
    # An edge 0.04 mm beyond the centres of column 30; rounded, it runs through them, and a second decimal before.
    through = np.column_stack([corners, np.full(4, z + 12.0)])
    near = through + np.array([0.04, 0, 0])
    far = np.round(through + np.array([0.0 if decimals == 1 else -0.01, 0, 0]), decimals)
    reference = changed(made, lambda all_: [with_points(all_[0], near)])
    (roi,) = compared(reference, changed(made, lambda all_: [with_points(all_[0], far)])).rois
    assert roi.verdict.value == verdict


def test_contours_half_of_the_way_between_slices_all_go_to_the_same_side(ours: Dataset) -> None:
    def halfway(all_: list[Dataset]) -> list[Dataset]:
        return [moved(one, z=1.5 + (0.004 if slice_of(one) % 2 else -0.004)) for one in all_]

    roi = only(ours, halfway)
    assert (roi.verdict.value, roi.code, roi.metrics.slices_missing) == ("untouched", "CONTOURS_RESAMPLED", 0)
