"""The sliding window on a device: as model.engines.network.window, with the sums on the device."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import torch

from model.engines.network.cuda.batches import Batches
from model.engines.network.window import Shape, Window, padding


def slices(
    image: torch.Tensor,
    window: Window,
    batches: Batches,
    classes: int,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Iterator[torch.Tensor]:
    """Averaged logits of each slice, (classes, y, x) float32 on the image's device, in order.

    ``image`` is (z, y, x) float32; it is small beside the sums of all classes, so all of it is there.
    """
    shape: Shape = (image.shape[0], image.shape[1], image.shape[2])
    pads = padding(shape, window.patch)
    if any(before or after for before, after in pads):
        flat = [number for pair in reversed(pads) for number in pair]
        image = torch.nn.functional.pad(image, flat)
    device = image.device
    depth, rows, columns = window.patch
    steps = window.steps((image.shape[0], image.shape[1], image.shape[2]))
    mirrors = mirror_images(window.flips)
    # Of all tiles, in order: those of a 2d network fill a batch with their neighbours along z only.
    answers = batches.answers(_tiles(image, window.patch, steps, mirrors))
    weights = torch.from_numpy(window.weights).to(device)
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
            part = (slice(None), slice(y, y + rows), slice(x, x + columns))
            total[(slice(None), *part)].addcmul_(_mean(answers, mirrors), weights)
            weight[part] += weights
            done += 1
            progress(done / tiles)
        ready = following - z
        for index in range(ready):
            if first <= z + index < last:
                yield (total[:, index] / weight[index])[inner]
        if following < image.shape[0]:
            for held in (total.transpose(0, 1), weight):
                for index in range(depth - ready):  # slice by slice: a copy of all would take the memory twice
                    held[index] = held[index + ready]
                held[depth - ready :] = 0


def mirror_images(flips: Sequence[int]) -> list[list[int]]:
    """Return the axes of a tile (z, y, x) that are mirrored, for the tile itself and each of its mirror images."""
    return [list(chosen) for number in range(len(flips) + 1) for chosen in itertools.combinations(flips, number)]


def _tiles(
    image: torch.Tensor, patch: Shape, steps: list[list[int]], mirrors: list[list[int]]
) -> Iterator[torch.Tensor]:
    """Yield each tile (z, y, x), followed by its mirror images."""
    for z, y, x in itertools.product(*steps):
        tile = image[z : z + patch[0], y : y + patch[1], x : x + patch[2]]
        for axes in mirrors:
            yield torch.flip(tile, axes) if axes else tile


def _mean(answers: Iterator[torch.Tensor], mirrors: list[list[int]]) -> torch.Tensor:
    """Mean of the next logits (classes, z, y, x), of a tile and of its mirror images; float32, whatever they are."""
    mean = next(answers).to(torch.float32)
    if len(mirrors) == 1:
        return mean
    for axes in mirrors[1:]:
        mean = mean + torch.flip(next(answers).to(torch.float32), [axis + 1 for axis in axes])
    return mean / len(mirrors)
