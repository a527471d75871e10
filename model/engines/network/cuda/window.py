"""The sliding window on a device: as model.engines.network.window, with the sums on the device."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import torch

from model.engines.network.window import Shape, Window, padding

# A batch of tiles (n, 1, z, y, x) to logits (n, classes, z, y, x).
TensorPredict = Callable[[torch.Tensor], torch.Tensor]


def slices(
    image: torch.Tensor,
    window: Window,
    predict: TensorPredict,
    classes: int,
    device: torch.device,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Iterator[torch.Tensor]:
    """Averaged logits of each slice, (classes, y, x) float32 on ``device``, in order.

    ``image`` is (z, y, x) float32; it is small beside the sums of all classes, so it goes to ``device`` as a whole.
    """
    shape: Shape = (image.shape[0], image.shape[1], image.shape[2])
    pads = padding(shape, window.patch)
    if any(before or after for before, after in pads):
        flat = [number for pair in reversed(pads) for number in pair]
        image = torch.nn.functional.pad(image, flat)
    image = image.to(device)
    depth, rows, columns = window.patch
    steps = window.steps((image.shape[0], image.shape[1], image.shape[2]))
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
            tile = image[z : z + depth, y : y + rows, x : x + columns]
            part = (slice(None), slice(y, y + rows), slice(x, x + columns))
            logits = mirrored(predict, tile[None, None].contiguous(), window.flips)[0].to(torch.float32)
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
                for index in range(depth - ready):  # slice by slice: a copy of all would take the memory twice
                    held[index] = held[index + ready]
                held[depth - ready :] = 0


def mirrored(predict: TensorPredict, tile: torch.Tensor, flips: Sequence[int]) -> torch.Tensor:
    """Mean of the logits of a tile and of its mirror images along every combination of ``flips``."""
    logits = predict(tile)
    count = 1
    for number in range(1, len(flips) + 1):
        for chosen in itertools.combinations(flips, number):
            axes = [axis + 2 for axis in chosen]
            logits = logits + torch.flip(predict(torch.flip(tile, axes)), axes)
            count += 1
    return logits / count if count > 1 else logits
