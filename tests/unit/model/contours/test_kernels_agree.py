"""The compiled part and its numpy counterpart give the same numbers and bytes, on random masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from model.contours import counts, decimal_text, filling, kernel, pieces, tracing
from model.contours.outlines import Outlines, outline
from model.contours.structure import BoxedMask
from model.contours.voxels import Voxels

MASKS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=3, max_dims=3, max_side=14))
SPACINGS = st.tuples(st.floats(0.05, 5), st.floats(0.05, 5))


@st.composite
def labels(draw: st.DrawFn) -> Voxels:
    """Some numbers in any part of a map of one or two bytes a voxel, in any order of axes and turned or not."""
    kind, names = draw(st.sampled_from([(np.uint8, [0, 1, 2, 255]), (np.uint16, [0, 1, 255, 256, 65535])]))
    shape = hnp.array_shapes(min_dims=3, max_dims=3, max_side=14)
    whole: NDArray[np.unsignedinteger] = draw(hnp.arrays(kind, shape, elements=st.sampled_from(names)))
    parts = []
    for size in whole.shape:
        first = draw(st.integers(0, size - 1))
        parts.append(slice(first, draw(st.integers(first + 1, size)), draw(st.integers(1, 2))))
    axes = draw(st.permutations(range(3)))
    flips = tuple(slice(None, None, draw(st.sampled_from([1, -1]))) for _ in range(3))
    numbers = draw(st.lists(st.sampled_from([1, 2, 255, 256, 65535]), min_size=1, unique=True))
    return Voxels(whole[tuple(parts)].transpose(axes)[flips], np.array(numbers, dtype=np.uint16))


def numbers_of(voxels: Voxels) -> list[int]:
    assert voxels.numbers is not None
    return [int(number) for number in voxels.numbers]


def traced(voxels: Voxels, spacing: tuple[float, float], tolerance: float, keyholes: bool) -> list[bytes]:
    assert kernel.KERNEL is not None, "the compiled part was not built"
    compiled = list(kernel.KERNEL.trace(voxels.array, voxels.numbers, *spacing, tolerance, keyholes))
    plain = [np.ascontiguousarray(part).tobytes() for part in tracing.trace(voxels, spacing, tolerance, keyholes)]
    assert compiled == plain
    return compiled


@given(MASKS, SPACINGS, st.sampled_from([0.0, 0.4, 1.0, 4.0]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_contours_are_the_same_points(
    mask: NDArray[np.bool_], spacing: tuple[float, float], tolerance: float, keyholes: bool
) -> None:
    points = traced(Voxels(mask), spacing, tolerance, keyholes)[0]
    assert bool(points) == bool(mask.any())


@given(labels(), SPACINGS, st.sampled_from([0.0, 1.0]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_contours_of_labels_are_those_of_a_mask_of_them(
    voxels: Voxels, spacing: tuple[float, float], tolerance: float, keyholes: bool
) -> None:
    mask = np.isin(voxels.array, numbers_of(voxels))
    assert traced(voxels, spacing, tolerance, keyholes) == traced(Voxels(mask), spacing, tolerance, keyholes)


@given(labels())
@settings(max_examples=300, deadline=None)
def test_counts_and_pieces_of_labels_are_the_same_numbers(voxels: Voxels) -> None:
    mask = np.isin(voxels.array, numbers_of(voxels))
    assert np.array_equal(voxels.mask(), mask)
    for same in (voxels, Voxels(mask)):
        found, plain = counts.counts_of(same), counts.counted(mask)
        assert [part.tolist() for part in vars(found).values()] == [part.tolist() for part in vars(plain).values()]
        assert found.all == np.count_nonzero(mask)
        assert pieces.piece_sizes(same).tolist() == pieces.labelled(mask).tolist()


def test_counts_and_pieces_of_large_masks_are_the_same_numbers() -> None:
    rng = np.random.default_rng(4)
    for density in (0.0, 0.02, 0.06, 0.5, 1.0):
        mask = rng.random((9, 300, 301)) < density
        found, plain = counts.counts_of(Voxels(mask)), counts.counted(mask)
        assert [part.tolist() for part in vars(found).values()] == [part.tolist() for part in vars(plain).values()]
        assert pieces.piece_sizes(Voxels(mask)).tolist() == pieces.labelled(mask).tolist()


@pytest.mark.parametrize("numbers", [None, np.array([1], dtype=np.uint16)])
@pytest.mark.parametrize("array", [np.zeros((2, 2)), np.zeros((2, 2, 2), np.uint32), np.zeros((2, 2, 2), np.float64)])
def test_what_is_no_mask_and_no_label_map_is_refused(
    array: NDArray[np.generic], numbers: NDArray[np.uint16] | None
) -> None:
    assert kernel.KERNEL is not None, "the compiled part was not built"
    for call in (kernel.KERNEL.counts, kernel.KERNEL.pieces, lambda *both: kernel.KERNEL.trace(*both, 1, 1, 0, True)):
        with pytest.raises(ValueError, match="three axes"):
            call(array, numbers)


@pytest.mark.parametrize("numbers", [np.zeros(0, np.uint16), np.ones(1, np.uint8), np.ones(1, np.int64)])
def test_numbers_of_another_kind_are_refused(numbers: NDArray[np.generic]) -> None:
    assert kernel.KERNEL is not None, "the compiled part was not built"
    with pytest.raises(ValueError, match="uint16"):
        kernel.KERNEL.counts(np.zeros((2, 2, 2), np.uint8), numbers)


def test_contours_of_large_smooth_shapes_are_the_same_points() -> None:
    y, x = np.mgrid[:160, :170]
    waves = 60 + 9 * np.sin(7 * np.arctan2(y - 80, x - 85)) - 0.3 * np.abs(y - 80)
    disc = np.hypot(y - 80, x - 85) < waves
    hollow = disc & (np.hypot(y - 70, x - 90) > 23)
    for mask in (disc, hollow, ~hollow):
        traced(Voxels(mask[None]), (1.0, 1.0), 0.0, True)
        traced(Voxels(mask[None]), (0.8, 1.3), 2.0, True)


@given(
    hnp.arrays(np.int32, st.tuples(st.integers(1, 30), st.just(2)), elements=st.integers(-3000, 3000)),
    hnp.arrays(np.float64, 9, elements=st.floats(-1e9, 1e9)),
    st.integers(1, 8),
    st.lists(st.sampled_from([b"", b"-12.5", b"0", b"1.0000000000e+02"]), min_size=3, max_size=3),
    st.integers(1, 4),
)
@settings(max_examples=150, deadline=None)
def test_contour_data_is_the_same_text(
    points: NDArray[np.int32], plane: NDArray[np.float64], decimals: int, fixed: list[bytes], parts: int
) -> None:
    assert kernel.KERNEL is not None, "the compiled part was not built"
    lengths = np.array([len(part) for part in np.array_split(points, min(parts, len(points)))], dtype=np.int32)
    arguments = (points, lengths, np.zeros(len(lengths), np.int32), plane.reshape(1, 9), decimals, tuple(fixed))
    text, ends = kernel.KERNEL.text(*arguments)
    plain, plain_ends = decimal_text.contour_data(*arguments)
    assert text == plain
    assert np.frombuffer(ends, np.int32).tolist() == plain_ends.tolist()
    values = text.decode("ascii").replace(" ", "\\").split("\\")
    assert [value for value in values if value], "every number is there"


@given(hnp.arrays(np.float64, st.tuples(st.integers(3, 25), st.just(2)), elements=st.floats(-4, 14)))
@settings(max_examples=150, deadline=None)
def test_filling_is_the_same_mask(points: NDArray[np.float64]) -> None:
    assert kernel.KERNEL is not None, "the compiled part was not built"
    lengths, slices = np.array([len(points)], np.int32), np.zeros(1, np.int32)
    compiled, plain = np.zeros((1, 9, 11), np.uint8), np.zeros((1, 9, 11), np.uint8)
    kernel.KERNEL.toggle(compiled, *compiled.shape, points, lengths, slices)
    filling.toggle(plain, points, lengths, slices)
    assert np.array_equal(compiled, plain)


@given(MASKS)
@settings(max_examples=100, deadline=None)
def test_any_mask_comes_back_from_its_contours(mask: NDArray[np.bool_]) -> None:
    assert np.array_equal(refilled(outline(BoxedMask((0, 0, 0), mask)), mask.shape), mask)


@given(MASKS)
@settings(max_examples=50, deadline=None)
def test_a_part_of_a_larger_array_is_traced_like_its_copy(mask: NDArray[np.bool_]) -> None:
    around = np.pad(mask, 2)[2:-2, 2:-2, 2:-2]
    one, other = (outline(BoxedMask((0, 0, 0), array)) for array in (around, mask))
    assert np.array_equal(one.points, other.points)


def test_boxes_are_the_same_with_and_without_the_compiled_part() -> None:
    rng = np.random.default_rng(2)
    for density in (0.001, 0.01, 0.5):
        mask = rng.random((7, 19, 23)) < density
        if not mask.any():
            mask[3, 4, 5] = True
        fast = BoxedMask.crop(mask)
        slow = BoxedMask.crop(np.asfortranarray(mask))
        assert fast.origin == slow.origin
        assert np.array_equal(fast.array, slow.array)


def refilled(outlines: Outlines, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    size = (shape[0], shape[1], shape[2])
    return filling.fill(outlines.points / 2.0, outlines.lengths, outlines.slices, size).full(size)
