"""Random masks against a plain reference that looks at every voxel and every pair of them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from model.compare.comparison import Metrics
from model.compare.metrics import metrics_of
from model.compare.shape import shape_of_mask
from model.contours.structure import BoxedMask
from model.series.geometry import SeriesGeometry
from tests.builders import series

Mask = NDArray[np.bool_]
PLAN = series.SeriesPlan(shape=(12, 11), offsets=(0.0, 2.5, 5.0, 8.0, 10.5, 13.0), spacing=(1.2, 0.9))
TILTED = replace(PLAN, shear=(0.0, 0.3, 0.0), row=(0.8, 0.6, 0.0), column=(-0.6, 0.8, 0.0))
GEOMETRY = series.geometry(PLAN)
# Of two contours equally near, the last bit of a coordinate decides to which the surface goes on.
TIES = 0.2
# By how much that can move the furthest of all points: half a pixel (0.39 was seen on noise).
FURTHEST = 0.6
VOXEL = float(np.linalg.norm([1.2, 0.9, 3.0]))


@st.composite
def blobs(draw: st.DrawFn) -> tuple[Mask, Mask]:
    """A rough blob, and the same with a few changes; either may be empty."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    noise = ndimage.gaussian_filter(rng.normal(size=GEOMETRY.shape), draw(st.sampled_from([0.0, 0.7, 1.5])))
    one = noise > np.quantile(noise, draw(st.sampled_from([0.4, 0.7, 0.95])))
    other = one.copy()
    for _ in range(draw(st.integers(0, 3))):
        z, y, x = (int(rng.integers(0, size)) for size in one.shape)
        other[z : z + int(rng.integers(1, 3)), y : y + 4, x : x + 4] = rng.random() < 0.5
    if draw(st.booleans()):
        other[draw(st.integers(0, 5))] = False
    return one, other


def compared(one: Mask, other: Mask, geometry: SeriesGeometry = GEOMETRY, tolerance: float = 2.0) -> Metrics:
    shapes = [shape_of_mask(BoxedMask.crop(mask), geometry) for mask in (one, other)]
    return metrics_of(shapes[0], shapes[1], geometry, tolerance)


def places(mask: Mask) -> dict[tuple[int, int, int], tuple[float, NDArray[np.float64]]]:
    """Volume in mm³ and centre of each voxel that is set."""
    found = {}
    offsets = PLAN.offsets
    for z, y, x in itertools.product(*(range(size) for size in mask.shape)):
        if mask[z, y, x]:
            below = offsets[z] - offsets[z - 1] if z else offsets[1] - offsets[0]
            above = offsets[z + 1] - offsets[z] if z + 1 < len(offsets) else offsets[z] - offsets[z - 1]
            centre = np.array(PLAN.origin) + np.array([0.9 * x, 1.2 * y, offsets[z]])
            found[(z, y, x)] = ((below + above) / 2 * 1.2 * 0.9, centre)
    return found


def on_rim(mask: Mask) -> set[tuple[int, int, int]]:
    """Voxels with a neighbour on their slice that is not set."""
    found = set()
    for z, y, x in places(mask):
        for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            inside = 0 <= y + down < mask.shape[1] and 0 <= x + right < mask.shape[2]
            if not inside or not mask[z, y + down, x + right]:
                found.add((z, y, x))
    return found


def corners(mask: Mask) -> NDArray[np.float64]:
    """The middles of all faces between a voxel that is set and one that is not, mm."""
    found = []
    padded = np.pad(mask, 1)
    for z, y, x in itertools.product(*(range(size) for size in mask.shape)):
        if not mask[z, y, x]:
            continue
        heights = PLAN.offsets
        up = (heights[z + 1] - heights[z]) / 2 if z + 1 < len(heights) else (heights[z] - heights[z - 1]) / 2
        down = (heights[z] - heights[z - 1]) / 2 if z else (heights[1] - heights[0]) / 2
        steps = {(1, 0, 0): up, (-1, 0, 0): down, (0, 1, 0): 0.6, (0, -1, 0): 0.6, (0, 0, 1): 0.45, (0, 0, -1): 0.45}
        for (dz, dy, dx), half in steps.items():
            if not padded[z + 1 + dz, y + 1 + dy, x + 1 + dx]:
                found.append([0.9 * x + dx * half, 1.2 * y + dy * half, heights[z] + dz * half])
    return np.array(found)


@settings(deadline=None, max_examples=40)
@given(blobs())
def test_what_is_counted_is_what_looking_at_every_voxel_counts(pair: tuple[Mask, Mask]) -> None:
    one, other = pair
    numbers = compared(one, other)
    ours, theirs = places(one), places(other)
    volume, other_volume = (sum(voxel for voxel, _ in of.values()) for of in (ours, theirs))
    assert numbers.volume == pytest.approx(volume / 1000)
    assert numbers.other_volume == pytest.approx(other_volume / 1000)
    if not ours or not theirs:
        assert numbers.dice is None
        return
    shared = sum(ours[key][0] for key in ours.keys() & theirs.keys())
    assert numbers.dice == pytest.approx(2 * shared / (volume + other_volume))
    middle, other_middle = (
        np.sum([voxel * centre for voxel, centre in of.values()], axis=0) / sum(voxel for voxel, _ in of.values())
        for of in (ours, theirs)
    )
    assert numbers.centroid_shift == pytest.approx(tuple(other_middle - middle), abs=1e-6)
    assert numbers.added_path_length == pytest.approx(len(on_rim(other) - on_rim(one)) * np.sqrt(1.2 * 0.9))
    assert numbers.slices_edited == len({z for z, _, _ in ours.keys() ^ theirs.keys()})


@settings(deadline=None, max_examples=25)
@given(blobs())
def test_distances_are_those_of_all_pairs_of_faces_within_a_voxel(pair: tuple[Mask, Mask]) -> None:
    one, other = pair
    numbers = compared(one, other)
    if numbers.hausdorff is None:
        return
    apart = np.linalg.norm(corners(one)[:, None] - corners(other)[None], axis=2)
    there, back = apart.min(axis=1), apart.min(axis=0)
    assert numbers.hausdorff == pytest.approx(max(there.max(), back.max()), abs=VOXEL)
    assert numbers.hausdorff95 is not None
    assert numbers.mean_surface_distance is not None
    assert numbers.surface_dice is not None
    assert 0.0 <= numbers.mean_surface_distance <= numbers.hausdorff
    assert 0.0 <= numbers.hausdorff95 <= numbers.hausdorff
    assert 0.0 <= numbers.surface_dice <= 1.0


@settings(deadline=None, max_examples=25)
@given(blobs())
def test_the_other_way_round_is_as_far(pair: tuple[Mask, Mask]) -> None:
    there, back = compared(*pair), compared(*pair[::-1])
    assert (there.dice is None) == (back.dice is None)
    if there.dice is None:
        return
    for key in ("dice", "hausdorff", "hausdorff95", "mean_surface_distance", "surface_dice"):
        assert getattr(there, key) == pytest.approx(getattr(back, key), rel=0.05, abs=TIES)


@settings(deadline=None, max_examples=15)
@given(blobs(), st.sampled_from([(0, 1, 0), (0, 0, 2), (0, 2, 1)]))
def test_it_is_as_far_wherever_on_the_slices_both_lie(pair: tuple[Mask, Mask], move: tuple[int, int, int]) -> None:
    roomy = series.geometry(replace(PLAN, shape=(18, 17)))
    one, other = (np.pad(mask, ((0, 0), (2, 4), (2, 4))) for mask in pair)
    here = compared(one, other, roomy)
    there = compared(np.roll(one, move, axis=(0, 1, 2)), np.roll(other, move, axis=(0, 1, 2)), roomy)
    assert_same(here, there)


@settings(deadline=None, max_examples=15)
@given(blobs())
def test_it_is_as_far_however_the_patient_lies(pair: tuple[Mask, Mask]) -> None:
    turned = series.geometry(replace(PLAN, row=(0.8, 0.6, 0.0), column=(0.0, 0.0, -1.0), origin=(10.0, -200.0, 30.0)))
    assert_same(compared(*pair), compared(*pair, turned))


@settings(deadline=None, max_examples=15)
@given(blobs())
def test_a_larger_tolerance_forgives_no_less(pair: tuple[Mask, Mask]) -> None:
    found = [compared(*pair, tolerance=tolerance).surface_dice for tolerance in (0.5, 1.0, 2.0, 4.0, 100.0)]
    if found[0] is not None:
        assert found == sorted(value for value in found if value is not None)
        assert found[-1] == pytest.approx(1.0)


@settings(deadline=None, max_examples=15)
@given(blobs())
def test_tilted_slices_have_numbers_too(pair: tuple[Mask, Mask]) -> None:
    numbers, straight = compared(*pair, series.geometry(TILTED)), compared(*pair)
    assert numbers.dice == straight.dice
    assert numbers.slices_edited == straight.slices_edited
    if numbers.hausdorff is not None and straight.hausdorff is not None:
        assert numbers.hausdorff == pytest.approx(straight.hausdorff, abs=6 * 3.0 * 0.3)


def assert_same(one: Metrics, other: Metrics) -> None:
    assert numbers_of(one) == pytest.approx(numbers_of(other), abs=TIES)
    assert (one.hausdorff is None) == (other.hausdorff is None)
    if one.hausdorff is not None:
        assert one.hausdorff == pytest.approx(other.hausdorff, abs=FURTHEST)


def numbers_of(metrics: Metrics) -> list[float]:
    """What does not depend on where the patient lies; -1 for what does not apply."""
    found = (
        metrics.volume,
        metrics.dice,
        metrics.hausdorff95,
        metrics.mean_surface_distance,
        metrics.surface_dice,
        metrics.side,
        metrics.added_path_length,
    )
    return [-1.0 if value is None else value for value in found]
