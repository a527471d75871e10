"""Volumes, overlap, slices and added path of boxes, whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.compare.comparison import Metrics
from model.compare.metrics import metrics_of
from model.compare.shape import shape_of_mask
from model.contours.structure import BoxedMask
from tests.builders import series

PLAN = series.SeriesPlan(shape=(60, 60), offsets=tuple(3.0 * number for number in range(20)), spacing=(1.0, 1.0))
GEOMETRY = series.geometry(PLAN)


def box(z: int, y: int, x: int, size: tuple[int, int, int] = (10, 30, 30)) -> NDArray[np.bool_]:
    mask = np.zeros(GEOMETRY.shape, dtype=np.bool_)
    mask[z : z + size[0], y : y + size[1], x : x + size[2]] = True
    return mask


def compared(reference: NDArray[np.bool_], other: NDArray[np.bool_]) -> Metrics:
    ours, theirs = (shape_of_mask(BoxedMask.crop(mask), GEOMETRY) for mask in (reference, other))
    return metrics_of(ours, theirs, GEOMETRY, 2.0)


def test_a_box_moved_along_x_has_the_overlap_path_and_shift_of_the_hand_calculation() -> None:
    numbers = compared(box(5, 10, 10), box(5, 10, 14))
    assert numbers.volume == numbers.other_volume == pytest.approx(27.0)
    assert numbers.dice == pytest.approx(26 / 30)
    assert numbers.added_path_length == pytest.approx(640.0)
    assert numbers.centroid_shift == pytest.approx((4.0, 0.0, 0.0))
    assert (numbers.slices_edited, numbers.slices_missing, numbers.slices_cut) == (10, 0, 0)


def test_a_box_moved_along_the_slices_has_cut_ends_and_none_missing() -> None:
    numbers = compared(box(5, 10, 10), box(7, 10, 10))
    assert numbers.added_path_length == pytest.approx(232.0)
    assert numbers.centroid_shift == pytest.approx((0.0, 0.0, 6.0))
    assert (numbers.slices_edited, numbers.slices_missing, numbers.slices_cut) == (4, 0, 4)


def test_a_slice_erased_in_the_middle_is_missing_and_adds_no_path() -> None:
    erased = box(5, 10, 10)
    erased[9] = False
    numbers = compared(box(5, 10, 10), erased)
    assert (numbers.slices_edited, numbers.slices_missing, numbers.slices_cut) == (1, 1, 0)
    assert numbers.added_path_length == 0.0


def test_identical_rois_are_at_no_distance() -> None:
    numbers = compared(box(5, 10, 10), box(5, 10, 10))
    assert (numbers.dice, numbers.hausdorff, numbers.surface_dice, numbers.side) == (1.0, 0.0, 1.0, 0.0)
    assert numbers.slices_edited == 0


def test_an_empty_roi_has_a_volume_of_nothing_and_no_other_number() -> None:
    numbers = compared(box(5, 10, 10), np.zeros(GEOMETRY.shape, dtype=np.bool_))
    assert numbers == Metrics(volume=27.0, other_volume=0.0)


def test_a_cut_end_is_told_from_a_changed_shape_on_the_slices_that_both_have() -> None:
    cut = box(5, 10, 10)
    cut[12:] = False
    numbers = compared(box(5, 10, 10), cut)
    assert (numbers.slices_cut, numbers.slices_missing) == (3, 0)
    assert numbers.hausdorff == pytest.approx(9.0)
    assert numbers.common_slices is not None
    assert (numbers.common_slices.slices, numbers.common_slices.dice, numbers.common_slices.hausdorff) == (7, 1.0, 0.0)
    moved = np.roll(cut, 4, axis=2)
    common = compared(box(5, 10, 10), moved).common_slices
    assert common is not None
    assert common.hausdorff == pytest.approx(4.0)


def test_a_missing_slice_leaves_nothing_between_the_slices_that_both_have() -> None:
    erased = box(5, 10, 10)
    erased[9] = False
    numbers = compared(box(5, 10, 10), erased)
    assert numbers.hausdorff is not None
    assert numbers.hausdorff > 10
    assert numbers.common_slices is not None
    assert (numbers.common_slices.slices, numbers.common_slices.hausdorff) == (9, 0.0)


def test_without_missing_or_cut_slices_there_is_nothing_to_tell_apart() -> None:
    assert compared(box(5, 10, 10), box(5, 10, 14)).common_slices is None
