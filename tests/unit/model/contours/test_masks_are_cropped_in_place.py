"""A mask that nobody else uses is cropped in its own memory, and is what a copy would be."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.contours.structure import BoxedMask

SHAPE = (7, 9, 11)


def scattered(seed: int) -> NDArray[np.bool_]:
    """A few voxels of (slice, row, column)."""
    random = np.random.default_rng(seed)
    mask = np.zeros(SHAPE, dtype=np.bool_)
    for _ in range(int(random.integers(0, 6))):
        mask[tuple(random.integers(0, size) for size in SHAPE)] = True
    return mask


@pytest.mark.parametrize("seed", range(30))
def test_a_mask_taken_is_the_mask_cropped(seed: int) -> None:
    random = np.random.default_rng(100 + seed)
    limit = tuple(int(random.integers(1, size + 1)) for size in SHAPE)
    mask = scattered(seed)
    expected = BoxedMask.crop(mask[: limit[0], : limit[1], : limit[2]], (3, 4, 5))
    found = BoxedMask.taken(mask, limit, (3, 4, 5))
    assert found.origin == expected.origin
    assert np.array_equal(found.array, expected.array)
    assert found.array.flags.c_contiguous


def test_a_full_mask_stays_as_it_is() -> None:
    found = BoxedMask.taken(np.ones(SHAPE, dtype=np.bool_), SHAPE)
    assert (found.origin, found.array.shape) == ((0, 0, 0), SHAPE)
    assert found.array.all()


def test_a_view_of_what_others_use_is_copied() -> None:
    whole = np.zeros((9, 9, 9), dtype=np.bool_)
    whole[4, 4, 4] = True
    found = BoxedMask.taken(whole[2:], (7, 9, 9))
    assert found.origin == (2, 4, 4)
    assert whole.sum() == 1
    assert whole[4, 4, 4]
