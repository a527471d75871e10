"""The sliding window on a device: as model.engines.network.window, with the sums on the device."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

import torch

from model.engines.network.cuda.batches import Batches, TensorPredict
from model.engines.network.window import Shape, StandIn, Window, padding


def slices(
    image: torch.Tensor,
    window: Window,
    batches: Batches,
    classes: int,
    progress: Callable[[float], None] = lambda fraction: None,
    known: StandIn[torch.Tensor] | None = None,
) -> Iterator[torch.Tensor]:
    """Averaged logits of each slice, (classes, y, x) float32 on the image's device, in order.

    ``image`` is (z, y, x) float32; it is small beside the sums of all classes, so all of it is there. ``known`` are
    answers that need not be computed.
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
    every: list[Shape] = [(z, y, x) for z, y, x in itertools.product(*steps)]
    asked = [place for place in every if known is None or known.at(place) is None]
    answers = batches.answers(_tiles(image, window.patch, asked, mirrors))
    weights = torch.from_numpy(window.weights).to(device)
    total = torch.zeros((classes, depth, image.shape[1], image.shape[2]), device=device)
    weight = torch.zeros(total.shape[1:], device=device)
    done = 0
    first, last = pads[0][0], image.shape[0] - pads[0][1]
    inner = (
        slice(None),
        slice(pads[1][0], image.shape[1] - pads[1][1]),
        slice(pads[2][0], image.shape[2] - pads[2][1]),
    )
    for z, following in itertools.zip_longest(steps[0], steps[0][1:], fillvalue=image.shape[0]):
        for y, x in itertools.product(steps[1], steps[2]):
            part = (slice(None), slice(y, y + rows), slice(x, x + columns))
            answer = None if known is None else known.at((z, y, x))
            total[(slice(None), *part)].addcmul_(_mean(answers, mirrors) if answer is None else answer, weights)
            weight[part] += weights
            done += 1
            progress(done / len(every))
        ready = following - z
        for index in range(ready):
            if first <= z + index < last:
                yield (total[:, index] / weight[index])[inner]
        if following < image.shape[0]:
            for held in (total.transpose(0, 1), weight):
                for index in range(depth - ready):  # slice by slice: a copy of all would take the memory twice
                    held[index] = held[index + ready]
                held[depth - ready :] = 0


def answered(tile: torch.Tensor, window: Window, predict: TensorPredict) -> torch.Tensor:
    """Return the logits (classes, z, y, x) of a tile (z, y, x), mirror images included, float32 and a copy."""
    mirrors = mirror_images(window.flips)
    tiles = _tiles(tile, window.patch, [(0, 0, 0)], mirrors)
    return _mean((predict(one[None, None].contiguous())[0] for one in tiles), mirrors).clone()


def mirror_images(flips: Sequence[int]) -> list[list[int]]:
    """Return the axes of a tile (z, y, x) that are mirrored, for the tile itself and each of its mirror images."""
    return [list(chosen) for number in range(len(flips) + 1) for chosen in itertools.combinations(flips, number)]


def _tiles(
    image: torch.Tensor, patch: Shape, places: Iterable[Shape], mirrors: list[list[int]]
) -> Iterator[torch.Tensor]:
    """Yield the tile (z, y, x) at each place, followed by its mirror images."""
    for z, y, x in places:
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
