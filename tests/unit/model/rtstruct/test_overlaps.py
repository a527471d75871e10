"""Contours of one plane overlap partly where their outlines cross; rims, holes and pieces never do, however written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.contours.outlines import outline
from model.contours.structure import BoxedMask
from model.rtstruct.overlaps import MOST_BOXES, MOST_CROSSINGS, overlapping_slices

Points = NDArray[np.float64]
SIZE = (64, 64)


def box(top: float, left: float, bottom: float, right: float) -> Points:
    return np.array([[top, left], [top, right], [bottom, right], [bottom, left]])


def disc(row: float, column: float, radius: float, corners: int = 90) -> Points:
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.column_stack([row + radius * np.sin(angle), column + radius * np.cos(angle)])


def overlapping(*contours: Points, slices: Sequence[int] = ()) -> int:
    lengths = np.array([len(one) for one in contours], dtype=np.int32)
    where = np.array(slices or [0] * len(contours), dtype=np.int32)
    return overlapping_slices(np.concatenate(contours), lengths, where, SIZE)


CROSSED = {
    "two corners": (box(10, 10, 30, 30), box(25, 25, 40, 40)),
    "a bar across another": (box(10, 30, 50, 34), box(30, 10, 33, 50)),
    "an ear": (box(10, 10, 40, 40), box(20, 35, 25, 45)),
    "side by side by one pixel": (box(10, 10, 40, 40), box(10, 39, 40, 60)),
    "with the same sides": (box(10, 10, 40, 40), box(20, 10, 60, 40)),
    "a corner of one pixel": (box(10, 10, 40, 40), box(39, 39, 60, 60)),
    "discs": (disc(30, 25, 12), disc(30, 40, 12)),
    "a hole that reaches out of its rim": (disc(30, 30, 12), disc(30, 40, 4)),
    "one of two holes": (disc(30, 30, 20), disc(30, 40, 4), disc(30, 20, 4), disc(33, 42, 4)),
    "beyond the upper edge of the images": (box(-20, 10, 10, 30), box(-20, 20, 10, 40)),
}
APART = {
    "pieces": (box(10, 10, 20, 20), box(30, 30, 40, 40)),
    "pieces with a common edge": (box(10, 10, 20, 20), box(10, 20, 20, 40)),
    "pieces with a common corner": (box(10, 10, 20, 20), box(20, 20, 40, 40)),
    "one above the other": (box(10, 10, 20, 20), box(20, 5, 40, 40)),
    "a rim and a hole": (disc(30, 30, 20), disc(30, 30, 10)),
    "a hole that touches its rim": (box(10, 10, 40, 40), box(10, 20, 30, 30)),
    "an island in a hole": (disc(30, 30, 20), disc(30, 30, 10), disc(30, 30, 5)),
    "a piece in the notch of another": (
        np.array([[10, 10], [10, 40], [40, 40], [40, 30], [20, 30], [20, 20], [40, 20], [40, 10.0]]),
        box(25, 22, 38, 28),
    ),
    "one alone": (disc(30, 30, 20),),
    "an eight, crossed by nobody else": (np.array([[10, 10], [40, 40], [40, 10], [10, 40.0]]), box(0, 0, 50, 50)),
    "where no image is": (box(-40, 10, -10, 30), box(-40, 20, -10, 40)),
}


@pytest.mark.parametrize("name", CROSSED)
def test_outlines_that_cross_overlap_partly_in_any_order_and_place(name: str) -> None:
    contours = CROSSED[name]
    assert overlapping(*contours) == 1
    assert overlapping(*[one[::-1] for one in reversed(contours)]) == 1
    assert overlapping(*[one + 0.37 for one in contours]) == 1
    assert overlapping(*[one[:, ::-1] for one in contours]) == 1


@pytest.mark.parametrize("name", APART)
def test_outlines_that_do_not_cross_never_overlap(name: str) -> None:
    contours = APART[name]
    assert overlapping(*contours) == 0
    assert overlapping(*[one[:, ::-1] for one in contours]) == 0
    assert overlapping(*[one + 0.37 for one in contours]) == 0


@given(name=st.sampled_from(sorted(APART)), seed=st.integers(0, 2**32 - 1), shift=st.sampled_from([0.0, 0.25, 0.5]))
@settings(max_examples=100, deadline=None)
def test_outlines_that_touch_are_not_said_to_cross_for_their_rounding(name: str, seed: int, shift: float) -> None:
    rng = np.random.default_rng(seed)
    rounded = [one + shift + rng.uniform(-0.02, 0.02, one.shape) for one in APART[name]]
    assert overlapping(*rounded) == 0


def test_slices_are_counted_each_for_itself() -> None:
    two = CROSSED["two corners"]
    assert overlapping(*two, *two, *two, slices=[3, 4, 5, 5, 6, 6]) == 2
    assert overlapping(*two, slices=[3, 4]) == 0


@given(
    mask=st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).random((3, 20, 24)) < 0.6),
    keyholes=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_what_is_traced_around_any_mask_never_overlaps(mask: NDArray[np.bool_], keyholes: bool) -> None:
    traced = outline(BoxedMask.crop(mask), keyholes=keyholes)
    assert overlapping_slices(traced.points / 2, traced.lengths, traced.slices, (20, 24)) == 0


@given(
    first=st.tuples(st.floats(5, 58), st.floats(5, 58), st.floats(3, 20)),
    other=st.tuples(st.floats(5, 58), st.floats(5, 58), st.floats(3, 20)),
)
@settings(max_examples=300, deadline=None)
def test_two_discs_overlap_partly_exactly_where_their_distance_says_so(
    first: tuple[float, float, float], other: tuple[float, float, float]
) -> None:
    distance = float(np.hypot(first[0] - other[0], first[1] - other[1]))
    inner, outer = abs(first[2] - other[2]), first[2] + other[2]
    if inner + 1.5 < distance < outer - 1.5:
        assert overlapping(disc(*first), disc(*other)) == 1
    if distance < inner or distance > outer:
        assert overlapping(disc(*first), disc(*other)) == 0


def test_more_crossings_than_any_drawing_has_are_looked_at_more_coarsely() -> None:
    teeth = np.arange(MOST_CROSSINGS // 50) % 2 * 50.0 + 5
    comb = np.column_stack([teeth, 2.0 * np.arange(len(teeth))])
    comb = np.vstack([comb, [[60.0, comb[-1, 1]], [60.0, 0.0]]])
    assert overlapping(comb, box(20, 100, 40, 140)) == 1
    assert overlapping(comb, box(-10, 100, 4, 140)) == 0
    assert overlapping(comb, box(62, 100, 70, 140), box(56, 100, 58, 140)) == 0


def test_more_contours_than_any_drawing_has_are_looked_at_all_at_once() -> None:
    pieces = [box(row, column, row + 1, column + 1) for row in range(0, 64, 2) for column in range(0, 2 * 40, 2)]
    assert len(pieces) > MOST_BOXES
    assert overlapping(*pieces) == 0
    assert overlapping(*pieces, box(20.5, 20.5, 45.5, 45.5)) == 1
