"""The compiled part of the networks' way and numpy give the same bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.network import kernel
from model.engines.network.axis import Axis, blended
from model.engines.network.boxes import boxes
from model.engines.network.labelling import labels_of
from model.engines.network.sums import add
from model.engines.network.window import Window, slices

Array = NDArray[np.float32]
needs_kernel = pytest.mark.skipif(kernel.KERNEL is None, reason="the compiled part was not built")
SIZES = st.tuples(*[st.integers(1, 9)] * 3)


def noise(seed: int, shape: tuple[int, ...], smooth: float, levels: int) -> Array:
    """Logits (classes, z, y, x): rough or smooth, with ties where there are few levels."""
    values = np.random.default_rng(seed).normal(size=shape)
    values = ndimage.gaussian_filter(values, (0, smooth, smooth, smooth)) if smooth else values
    return np.asarray(np.round(values * levels) if levels else values, dtype=np.float32)


def in_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "KERNEL", None)


def both(logits: Array, fine: tuple[int, int, int], orders: tuple[int, ...]) -> tuple[NDArray[np.uint16], ...]:
    """Labels by the compiled part and by numpy."""
    coarse = (logits.shape[1], logits.shape[2], logits.shape[3])
    sheets = [np.ascontiguousarray(logits[:, index]) for index in range(coarse[0])]
    compiled = labels_of(iter(sheets), coarse, fine, orders)
    with pytest.MonkeyPatch.context() as patch:
        in_numpy(patch)
        return compiled, labels_of(iter(sheets), coarse, fine, orders)


@needs_kernel
@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    coarse=SIZES,
    fine=st.tuples(*[st.integers(1, 23)] * 3),
    classes=st.sampled_from([1, 2, 3, 9, 40, 70]),
    smooth=st.sampled_from([0.0, 1.0, 3.0]),
    levels=st.sampled_from([0, 1, 3]),
    orders=st.tuples(*[st.integers(0, 1)] * 3),
)
def test_labels_are_the_same_to_the_voxel(
    seed: int,
    coarse: tuple[int, int, int],
    fine: tuple[int, int, int],
    classes: int,
    smooth: float,
    levels: int,
    orders: tuple[int, int, int],
) -> None:
    compiled, plain = both(noise(seed, (classes, *coarse), smooth, levels), fine, orders)
    assert np.array_equal(compiled, plain)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    coarse=SIZES,
    fine=st.tuples(*[st.integers(1, 23)] * 3),
    classes=st.sampled_from([1, 2, 9, 40]),
    levels=st.sampled_from([0, 1, 3]),
)
def test_labels_are_those_of_all_classes_blended_to_the_voxel(
    seed: int, coarse: tuple[int, int, int], fine: tuple[int, int, int], classes: int, levels: int
) -> None:
    logits = noise(seed, (classes, *coarse), 1.0, levels)
    whole = logits
    for axis, (old, new) in enumerate(zip(coarse, fine, strict=True)):
        whole = Axis.between(old, new, 1).blend(whole, axis + 1)
    for found in both(logits, fine, (1, 1, 1)):
        assert np.array_equal(found, whole.argmax(axis=0))


FLOATS = st.floats(-(2.0**60), 2.0**60, width=32)


@settings(max_examples=500)
@given(FLOATS, FLOATS, st.floats(0, 1, width=32))
def test_a_blend_never_lies_outside_its_two_ends(low: float, high: float, share: float) -> None:
    ends = np.array([low, high], dtype=np.float32)
    found = blended(ends[:1], ends[1:], np.array([share], dtype=np.float32))[0]
    assert ends.min() <= found <= ends.max()


@needs_kernel
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 7]), SIZES, SIZES)
def test_sums_are_the_same_to_the_bit(
    seed: int, classes: int, tile: tuple[int, int, int], more: tuple[int, int, int]
) -> None:
    random = np.random.default_rng(seed)
    before = random.normal(size=(classes, tile[1] + more[1], tile[2] + more[2])).astype(np.float32)
    logits = random.normal(size=(classes, *tile)).astype(np.float32)
    weights = random.uniform(0, 10, size=tile).astype(np.float32)
    for index in range(tile[0]):
        compiled, plain = before.copy(), before.copy()
        add(compiled, logits, weights, index, more[1], more[2])
        with pytest.MonkeyPatch.context() as patch:
            in_numpy(patch)
            add(plain, logits, weights, index, more[1], more[2])
        assert np.array_equal(compiled, plain)
        assert not np.array_equal(compiled, before)


@needs_kernel
def test_the_window_is_the_same_to_the_bit() -> None:
    image = np.random.default_rng(0).normal(size=(21, 30, 18)).astype(np.float32)

    def found() -> list[Array]:
        return list(slices(image, Window((8, 16, 12), flips=(1,)), lambda tile: np.repeat(tile, 3, axis=1), 3))

    compiled = found()
    with pytest.MonkeyPatch.context() as patch:
        in_numpy(patch)
        assert np.array_equal(compiled, found())


ORDERS = [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)]


@needs_kernel
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), SIZES, st.sampled_from([1, 2, 9, 300]), st.sampled_from(ORDERS), st.booleans())
def test_boxes_are_the_same(
    seed: int, shape: tuple[int, int, int], numbers: int, order: tuple[int, int, int], flip: bool
) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(0, numbers, size=shape).astype(np.uint16)
    labels[random.random(shape) < 0.7] = 0
    labels = labels.transpose(order)[:, :: -1 if flip else 1]
    compiled = boxes(labels, numbers)
    with pytest.MonkeyPatch.context() as patch:
        in_numpy(patch)
        assert boxes(labels, numbers) == compiled
    assert {number for number, box in enumerate(compiled) if box is not None} == set(np.unique(labels)) - {0}


@needs_kernel
def test_shapes_that_do_not_fit_are_refused_before_memory_is_touched() -> None:
    assert kernel.KERNEL is not None
    some = np.zeros((2, 3, 4), dtype=np.float32)
    with pytest.raises(ValueError, match="differ"):
        kernel.KERNEL.add(some, some, some[0], (2, 3, 4), (1, 3, 4), (0, 1, 0))
    axis = Axis.between(3, 5, 1)
    parts = (axis.spans, axis.near, axis.weight)
    labels = np.zeros((5, 5, 5), dtype=np.uint16)
    with pytest.raises(ValueError, match="differ"):
        kernel.KERNEL.layer(some, some, some.shape, axis.near, axis.weight, *parts, *parts, labels[:4], 0, 1)
    with pytest.raises(ValueError, match="beyond"):
        kernel.KERNEL.boxes(labels + np.uint16(3), 3)
    with pytest.raises(ValueError, match="uint16"):
        kernel.KERNEL.boxes(labels.astype(np.uint8), 3)
