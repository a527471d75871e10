"""Intensities as model.json describes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.engines.network.air import Air, air_of
from model.packages.document import Normalisation

SMALLEST = 1e-8


def normalised(image: NDArray[np.float32], steps: Sequence[Normalisation]) -> NDArray[np.float32]:
    """(z, y, x) float32, in place."""
    for step in steps:
        if step.kind == "ct":
            assert step.low is not None
            assert step.high is not None
            assert step.mean is not None
            assert step.std is not None
            np.clip(image, step.low, step.high, out=image)
            image -= np.float32(step.mean)
            image /= np.float32(max(step.std, SMALLEST))
        elif step.kind == "range":
            assert step.low is not None
            assert step.high is not None
            low, high = step.to
            image -= np.float32(step.low)
            image /= np.float32(max(step.high - step.low, SMALLEST))
            image *= np.float32(high - low)
            image += np.float32(low)
            if step.clip:
                np.clip(image, min(low, high), max(low, high), out=image)
        elif step.kind == "zscore":
            seen = image != 0
            inside = image[seen] if step.nonzero and bool(seen.any()) else image
            mean, std = inside.mean(dtype=np.float64), inside.std(dtype=np.float64)
            moved = (image - np.float32(mean)) / np.float32(max(std, SMALLEST))
            np.copyto(image, moved, where=seen if step.nonzero else True)
    return image


def air_in(steps: Sequence[Normalisation]) -> Air | None:
    """Return air in the network's numbers; None where they depend on the rest of the image."""
    if any(step.kind == "zscore" for step in steps):
        return None
    return air_of(lambda hu: normalised(hu.copy(), steps))
