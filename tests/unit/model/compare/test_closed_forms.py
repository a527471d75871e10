"""Distances of shapes whose answers are known: boxes within 2 %, spheres within 5 %."""

from __future__ import annotations

import numpy as np
import pytest

from model.compare.metrics import metrics_of
from model.compare.shape import shape_of_mask
from model.contours.structure import BoxedMask
from model.series.geometry import SeriesGeometry
from tests.builders import series
from tests.builders.closed_forms import Ball, Block, Case, Points, cases, drawn, grid, roi

# Its surfaces are as far apart everywhere as the tolerance is: the hardest to tell.
TIE = "ball in a ball 2 mm larger"
GRIDS = [(3.0, 1.0), (1.25, 0.977), (5.0, 1.2)]
BOXES = [(placed, case) for placed in GRIDS for case in cases(*placed) if "box" in case.name]
BALLS = [
    (placed, case)
    for placed in GRIDS[:2]
    for case in cases(*placed)
    if "box" not in case.name and not (placed[0] == 3.0 and case.name == TIE)
]
SHIFTS = (0.0, 0.4, 1.1)


def named(value: object) -> str:
    return value.name if isinstance(value, Case) else str(value)


@pytest.mark.parametrize(("placed", "case"), BOXES, ids=named)
def test_boxes_are_within_two_percent(placed: tuple[float, float], case: Case) -> None:
    geometry, answer = grid(*placed), case.answer()
    numbers = metrics_of(*case.drawn(geometry), geometry, case.tolerance)
    assert numbers.hausdorff == pytest.approx(answer.hausdorff, rel=0.02)
    assert numbers.hausdorff95 == pytest.approx(answer.hausdorff95, rel=0.02)
    assert numbers.mean_surface_distance == pytest.approx(answer.mean, rel=0.02)
    assert numbers.surface_dice == pytest.approx(answer.surface_dice, rel=0.02)


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize(("placed", "case"), BALLS, ids=named)
def test_balls_are_within_five_percent(placed: tuple[float, float], case: Case, shift: float) -> None:
    geometry, answer = grid(*placed, shift=shift), case.answer()
    numbers = metrics_of(*case.drawn(geometry), geometry, case.tolerance)
    assert numbers.mean_surface_distance == pytest.approx(answer.mean, rel=0.05)
    assert numbers.hausdorff95 == pytest.approx(answer.hausdorff95, rel=0.05)
    assert numbers.surface_dice == pytest.approx(answer.surface_dice, rel=0.05)


@pytest.mark.parametrize("shift", SHIFTS)
def test_between_slices_three_millimetres_apart_a_steep_cap_is_told_to_a_third_of_a_millimetre(shift: float) -> None:
    geometry = grid(3.0, 1.0, shift=shift)
    (case,) = (case for case in cases(3.0, 1.0) if case.name == TIE)
    shapes = case.drawn(geometry)
    below, above = (metrics_of(*shapes, geometry, tolerance) for tolerance in (1.5, 2.4))
    assert above.mean_surface_distance == pytest.approx(2.0, rel=0.02)
    assert above.side == pytest.approx(2.0, rel=0.02)
    assert above.hausdorff95 == pytest.approx(2.0, abs=0.33)
    assert below.surface_dice == pytest.approx(0.0, abs=0.03)
    assert above.surface_dice == pytest.approx(1.0, abs=0.02)


def test_a_keyhole_is_the_same_surface_as_a_hole_of_its_own() -> None:
    geometry = grid(3.0, 1.0)
    outer, inner, moved = Block((-20, -20, -16), (40, 40, 30)), Block((-5, -5, -16), (10, 10, 30)), 4.0
    there = Block((-5 + moved, -5, -16), (10, 10, 30))
    apart = [
        metrics_of(roi((outer, inner), geometry), other, geometry, 2.0)
        for other in (roi((outer, there), geometry), drawn(keyholed(outer, there, geometry), geometry))
    ]
    assert apart[0].hausdorff == pytest.approx(4.0, rel=0.02)
    for key in ("dice", "hausdorff", "hausdorff95", "mean_surface_distance", "surface_dice", "side"):
        assert getattr(apart[0], key) == pytest.approx(getattr(apart[1], key), rel=0.01, abs=0.01)


@pytest.mark.parametrize("channel", [0.0, 0.02, 0.05])
def test_the_channel_of_a_keyhole_is_no_surface_however_narrow(channel: float) -> None:
    geometry = grid(3.0, 1.0)
    outer, inner = Block((-20.5, -20.5, -16), (40, 40, 30)), Block((-5.5, -2.5, -16), (10, 10, 30))
    changed = Block((-5.5, -2.5, -16), (10, 10, 24))
    one = drawn(keyholed(outer, inner, geometry, channel), geometry)
    other = drawn([*outer.contours(geometry), *changed.contours(geometry)], geometry)
    numbers = metrics_of(one, other, geometry, 2.0)
    assert numbers.hausdorff == pytest.approx(5.0, abs=0.6)


def keyholed(outer: Block, inner: Block, geometry: SeriesGeometry, channel: float = 0.0) -> list[Points]:
    """Contours of a box with a hole in one line: around, along a bridge, around the hole, and back."""
    found = []
    for rim, hole in zip(outer.contours(geometry), inner.contours(geometry), strict=True):
        back = np.array([channel, 0.0, 0.0])
        found.append(np.concatenate([rim, rim[:1], hole[:1], hole[:0:-1], hole[:1] + back, rim[:1] + back]))
    return found


def test_one_voxel_beside_another_is_as_far_as_their_middles() -> None:
    geometry = grid(3.0, 1.0)
    one, other = (np.zeros(geometry.shape, dtype=np.bool_) for _ in range(2))
    one[10, 20, 20] = other[10, 20, 25] = True
    shapes = [shape_of_mask(BoxedMask.crop(mask), geometry) for mask in (one, other)]
    numbers = metrics_of(shapes[0], shapes[1], geometry, 2.0)
    assert numbers.hausdorff == pytest.approx(5.0, abs=0.5)
    assert numbers.dice == 0.0
    assert numbers.centroid_shift == pytest.approx((5.0, 0.0, 0.0))


def test_on_uneven_slices_a_box_is_as_far_as_it_is() -> None:
    offsets = (0.0, 2.0, 4.0, 7.0, 10.0, 13.0, 15.0, 17.0, 19.0, 22.0)
    geometry = series.geometry(series.SeriesPlan(shape=(60, 60), offsets=offsets, spacing=(1.0, 1.0)))
    one, other = (np.zeros(geometry.shape, dtype=np.bool_) for _ in range(2))
    one[2:8, 10:40, 10:40] = other[2:8, 10:40, 14:44] = True
    shapes = [shape_of_mask(BoxedMask.crop(mask), geometry) for mask in (one, other)]
    numbers = metrics_of(shapes[0], shapes[1], geometry, 2.0)
    assert numbers.hausdorff == pytest.approx(4.0, rel=0.02)
    assert numbers.hausdorff95 == pytest.approx(4.0, rel=0.02)


def test_on_tilted_slices_a_ball_is_as_far_as_it_is() -> None:
    plan = series.SeriesPlan(
        shape=(100, 100),
        offsets=tuple(1.5 * number for number in range(60)),
        spacing=(1.0, 1.0),
        origin=(-50.0, -65.0, -45.0),
        shear=(0.0, 0.33, 0.0),
    )
    geometry = series.geometry(plan)
    balls = [roi((Ball((x, 0.0, 0.0), 20),), geometry) for x in (0.0, 6.0)]
    numbers = metrics_of(balls[0], balls[1], geometry, 2.0)
    assert geometry.tilt_degrees > 15
    assert numbers.hausdorff95 == pytest.approx(5.7, rel=0.05)
    assert numbers.mean_surface_distance == pytest.approx(3.0, rel=0.05)
    assert numbers.surface_dice == pytest.approx(1 / 3, rel=0.05)
