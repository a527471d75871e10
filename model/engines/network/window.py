"""The sliding window: tiles of a volume through networks, averaged, handed out slice by slice.

Only slices that tiles still overlap are held for all classes, never the volume. Steps, weights and padding are
nnU-Net's (Isensee et al., Nature Methods 2021), so that its networks see what they were trained for.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.network.sums import Sums
from model.engines.network.threads import pool

Shape = tuple[int, int, int]
Array = NDArray[np.float32]
# A tile (1, 1, z, y, x) to logits (1, classes, z, y, x), both C-contiguous; the answer may be a buffer that the next
# call overwrites, so it is used at once.
Predict = Callable[[Array], Array]
# The Gaussian's sigma as a share of the tile, and what its peak is scaled to.
SIGMA, PEAK = 1 / 8, 10.0
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Window:
    """``patch`` voxels of (z, y, x); neighbouring tiles share ``overlap`` of it; ``flips`` are mirrored axes."""

    patch: Shape
    overlap: float = 0.5
    gaussian: bool = True
    flips: tuple[int, ...] = ()

    @property
    def weights(self) -> Array:
        """Weight of each voxel of a tile; float32, never 0."""
        if not self.gaussian:
            return np.ones(self.patch, dtype=np.float32)
        peak = np.zeros(self.patch)
        peak[tuple(size // 2 for size in self.patch)] = 1.0
        field = ndimage.gaussian_filter(peak, [size * SIGMA for size in self.patch], mode="constant")
        weights: Array = (field * (PEAK / field.max())).astype(np.float16).astype(np.float32)
        weights[weights == 0] = weights[weights > 0].min()
        return weights

    def steps(self, shape: Shape) -> list[list[int]]:
        """First voxel of the tiles along each axis of an image at least as large as a tile."""
        steps = []
        for size, patch in zip(shape, self.patch, strict=True):
            # Of tiles one voxel thick, those of 2d networks, no two are at one place.
            count = math.ceil((size - patch) / max(1.0, patch * (1 - self.overlap))) + 1
            stride = (size - patch) / (count - 1) if count > 1 else 0.0
            steps.append([int(np.round(stride * index)) for index in range(count)])
        return steps


@dataclass(frozen=True)
class StandIn(Generic[Answer]):
    """The ``answer`` (channels, z, y, x) that is taken for that to the tile at each of the ``places``.

    They are the first voxels (z, y, x) of tiles in the padded image.
    """

    places: frozenset[Shape]
    answer: Answer

    def at(self, place: Shape) -> Answer | None:
        """Return the answer where it stands for that to the tile at this place."""
        return self.answer if place in self.places else None


def padding(shape: Shape, patch: Shape) -> tuple[tuple[int, int], ...]:
    """Voxels to add before and after each axis so that a tile fits."""
    missing = [max(0, wanted - size) for size, wanted in zip(shape, patch, strict=True)]
    return tuple((less // 2, less - less // 2) for less in missing)


def slices(
    image: Array,
    window: Window,
    predict: Predict,
    classes: int,
    progress: Callable[[float], None] = lambda fraction: None,
    known: StandIn[Array] | None = None,
) -> Iterator[Array]:
    """Averaged logits of each slice, (classes, y, x) float32, in order; ``image`` is (z, y, x) float32.

    ``known`` are answers that need not be computed.
    """
    pads = padding((image.shape[0], image.shape[1], image.shape[2]), window.patch)
    if any(before or after for before, after in pads):
        image = np.pad(image, pads)
    depth, rows, columns = window.patch
    steps = window.steps((image.shape[0], image.shape[1], image.shape[2]))
    weights = window.weights
    tiles, done = math.prod(len(axis) for axis in steps), 0
    inside = tuple(slice(before, size - after) for size, (before, after) in zip(image.shape, pads, strict=True))
    with pool() as threads:
        sums = Sums(classes, image.shape[1], image.shape[2], threads)
        for z, following in itertools.zip_longest(steps[0], steps[0][1:], fillvalue=image.shape[0]):
            for y, x in itertools.product(steps[1], steps[2]):
                answer = None if known is None else known.at((z, y, x))
                if answer is None:
                    tile = np.ascontiguousarray(image[z : z + depth, y : y + rows, x : x + columns])
                    answer = mirrored(predict, tile[None, None], window.flips)[0]
                sums.add((z, y, x), answer, weights)
                done += 1
                progress(done / tiles)
            for index in range(z, following):
                average = sums.take(index)
                if inside[0].start <= index < inside[0].stop:
                    yield np.ascontiguousarray(average[:, inside[1], inside[2]])


def mirrored(predict: Predict, tile: Array, flips: Sequence[int]) -> Array:
    """Mean of the logits of a tile and of its mirror images along every combination of ``flips``."""
    logits = predict(tile)
    if not flips:
        return logits
    logits, count = logits.copy(), 1
    for number in range(1, len(flips) + 1):
        for chosen in itertools.combinations(flips, number):
            axes = tuple(axis + 2 for axis in chosen)
            logits += np.flip(predict(np.ascontiguousarray(np.flip(tile, axes))), axes)
            count += 1
    logits /= np.float32(count)
    return logits
