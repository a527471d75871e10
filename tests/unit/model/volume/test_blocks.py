"""Means over blocks are those of their pixels."""

from __future__ import annotations

import numpy as np
import pytest

from model.volume.blocks import block_means


@pytest.mark.parametrize(
    ("shape", "rows", "columns"), [((48, 60), 4, 5), ((50, 61), 4, 5), ((7, 9), 1, 1), ((5, 5), 5, 2)]
)
def test_each_block_has_the_mean_of_its_pixels(shape: tuple[int, int], rows: int, columns: int) -> None:
    image = np.random.default_rng(3).integers(-1024, 3071, shape).astype(np.float32)
    found = block_means(image, rows, columns)
    assert found.dtype == np.float32
    assert found.shape == (shape[0] // rows, shape[1] // columns)
    for down in range(found.shape[0]):
        for across in range(found.shape[1]):
            block = image[down * rows : (down + 1) * rows, across * columns : (across + 1) * columns]
            assert found[down, across] == pytest.approx(block.mean(), rel=1e-6)
