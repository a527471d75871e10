"""A mask that is a number in a label map is what a mask of its own is."""

from __future__ import annotations

import numpy as np
import pytest

from model.contours.label_mask import LabelMask
from model.contours.outlines import outline
from model.contours.structure import BoxedMask


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (2, 1, 0)])
@pytest.mark.parametrize("flip", [1, -1])
def test_it_has_the_voxels_the_box_and_the_contours_of_its_numbers(order: tuple[int, int, int], flip: int) -> None:
    labels = np.random.default_rng(0).integers(0, 4, size=(6, 9, 12)).astype(np.uint16).transpose(order)[:, ::flip]
    box = (slice(1, 5), slice(2, 6), slice(0, 5))
    lazy = LabelMask((1, 2, 0), labels[box], (1, 3))
    plain = BoxedMask((1, 2, 0), np.isin(labels[box], (1, 3)))
    assert lazy.origin == plain.origin
    assert lazy.array.flags.c_contiguous
    assert np.array_equal(lazy.array, plain.array)
    assert np.array_equal(lazy.full((12, 12, 12)), plain.full((12, 12, 12)))
    assert lazy.shape == plain.shape
    assert not lazy.empty
    for one, other in zip(vars(lazy.counts).values(), vars(plain.counts).values(), strict=True):
        assert np.array_equal(one, other)
    for one, other in zip(vars(outline(lazy)).values(), vars(outline(plain)).values(), strict=True):
        assert np.array_equal(one, other)
