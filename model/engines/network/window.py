"""The sliding window: tiles of a volume through networks, averaged, handed out slice by slice.

Only a slab as thick as a tile is held for all classes, never the volume. Steps, weights and padding are nnU-Net's
(Isensee et al., Nature Methods 2021), so that its networks see what they were trained for.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage

Shape = tuple[int, int, int]
# A batch of tiles (n, 1, z, y, x) to logits (n, classes, z, y, x).
Predict = Callable[[torch.Tensor], torch.Tensor]
# The Gaussian's sigma as a share of the tile, and what its peak is scaled to.
SIGMA, PEAK = 1 / 8, 10.0


@dataclass(frozen=True)
class Window:
    """``patch`` voxels of (z, y, x); neighbouring tiles share ``overlap`` of it; ``flips`` are mirrored axes."""

    patch: Shape
    overlap: float = 0.5
    gaussian: bool = True
    flips: tuple[int, ...] = ()

    @property
    def weights(self) -> torch.Tensor:
        """Weight of each voxel of a tile; float32, never 0."""
        if not self.gaussian:
            return torch.ones(self.patch)
        peak = np.zeros(self.patch)
        peak[tuple(size // 2 for size in self.patch)] = 1.0
        field = ndimage.gaussian_filter(peak, [size * SIGMA for size in self.patch], mode="constant")
        field = (field * (PEAK / field.max())).astype(np.float16).astype(np.float32)
        field[field == 0] = field[field > 0].min()
        return torch.from_numpy(field)

    def steps(self, shape: Shape) -> list[list[int]]:
        """First voxel of the tiles along each axis of an image at least as large as a tile."""
        steps = []
        for size, patch in zip(shape, self.patch, strict=True):
            # Of tiles one voxel thick, those of 2d networks, no two are at one place.
            count = math.ceil((size - patch) / max(1.0, patch * (1 - self.overlap))) + 1
            stride = (size - patch) / (count - 1) if count > 1 else 0.0
            steps.append([int(np.round(stride * index)) for index in range(count)])
        return steps


def padding(shape: Shape, patch: Shape) -> tuple[tuple[int, int], ...]:
    """Voxels to add before and after each axis so that a tile fits."""
    missing = [max(0, wanted - size) for size, wanted in zip(shape, patch, strict=True)]
    return tuple((less // 2, less - less // 2) for less in missing)


def slices(
    image: torch.Tensor,
    window: Window,
    predict: Predict,
    classes: int,
    device: torch.device,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Iterator[torch.Tensor]:
    """Averaged logits of each slice, (classes, y, x) float32 on ``device``, in order.

    ``image`` is (z, y, x) float32 in normal memory; tiles go to ``device`` one by one.
    """
    shape: Shape = (image.shape[0], image.shape[1], image.shape[2])
    pads = padding(shape, window.patch)
    if any(before or after for before, after in pads):
        flat = [number for pair in reversed(pads) for number in pair]
        image = torch.nn.functional.pad(image, flat)
    depth, rows, columns = window.patch
    steps = window.steps((image.shape[0], image.shape[1], image.shape[2]))
    weights = window.weights.to(device)
    total = torch.zeros((classes, depth, image.shape[1], image.shape[2]), device=device)
    weight = torch.zeros(total.shape[1:], device=device)
    tiles, done = math.prod(len(axis) for axis in steps), 0
    first, last = pads[0][0], image.shape[0] - pads[0][1]
    inner = (
        slice(None),
        slice(pads[1][0], image.shape[1] - pads[1][1]),
        slice(pads[2][0], image.shape[2] - pads[2][1]),
    )
    for z, following in itertools.zip_longest(steps[0], steps[0][1:], fillvalue=image.shape[0]):
        for y, x in itertools.product(steps[1], steps[2]):
            tile = image[z : z + depth, y : y + rows, x : x + columns]
            part = (slice(None), slice(y, y + rows), slice(x, x + columns))
            logits = mirrored(predict, tile[None, None].to(device), window.flips)[0].to(device, torch.float32)
            total[(slice(None), *part)].addcmul_(logits, weights)
            weight[part] += weights
            done += 1
            progress(done / tiles)
        ready = following - z
        for index in range(ready):
            if first <= z + index < last:
                yield (total[:, index] / weight[index])[inner]
        if following < image.shape[0]:
            for held in (total.transpose(0, 1), weight):
                held[: depth - ready] = held[ready:].clone()
                held[depth - ready :] = 0


def mirrored(predict: Predict, tile: torch.Tensor, flips: Sequence[int]) -> torch.Tensor:
    """Mean of the logits of a tile and of its mirror images along every combination of ``flips``."""
    logits = predict(tile)
    count = 1
    for number in range(1, len(flips) + 1):
        for chosen in itertools.combinations(flips, number):
            axes = [axis + 2 for axis in chosen]
            logits = logits + torch.flip(predict(torch.flip(tile, axes)), axes)
            count += 1
    return logits / count if count > 1 else logits
