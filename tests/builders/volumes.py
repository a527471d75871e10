"""Volumes straight from arrays, without files: what an engine is given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.volume.volume import Volume
from tests.builders.series import SeriesPlan, geometry


def blobs(shape: tuple[int, int, int], seed: int = 0) -> NDArray[np.int16]:
    """(slice, row, column) smooth noise in HU: something for a network that knows nothing to draw."""
    noise = np.random.default_rng(seed).normal(size=shape)
    return np.asarray(ndimage.gaussian_filter(noise, 2) * 3000, dtype=np.int16)


def plan_of(shape: tuple[int, int, int], **changes: object) -> SeriesPlan:
    """An axial series of a (slice, row, column) shape, 5 mm by 4 mm by 4 mm."""
    offsets = tuple(5.0 * index for index in range(shape[0]))
    return SeriesPlan(shape=shape[1:], offsets=offsets, spacing=(4.0, 4.0), **changes)  # type: ignore[arg-type]


def volume(shape: tuple[int, int, int] = (20, 40, 44), **changes: object) -> Volume:
    """Blobs in an axial series."""
    return Volume(blobs(shape), geometry(plan_of(shape, **changes)))
