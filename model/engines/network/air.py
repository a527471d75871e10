"""Tiles of air: those in which every voxel of a CT is air, and one answer that stands for those of all of them.

A network sees nothing but its tile, so what it answers to air it answers wherever the air is. The answer is that to a
real tile of the same series, since a network that norms its tiles sees noise, and never plain air, in training.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model.engines.engine import AirTiles
from model.engines.network.window import Array, Shape, StandIn, Window, padding
from model.packages.air import choose_air
from model.packages.package import Package

# HU of air, -1000 by definition, and how far the noise of a scanner may take one voxel from it. Of a quarter of a
# million voxels with a noise of 20 HU one lies 90 HU away. Lung and fat lie above; gas of the bowel, a bulla or foam
# that fills a whole tile is air too, of which a network sees no more than of air outside.
AIR_HU, NOISE_HU = -1000.0, 100.0
# Rounding of resampled voxels, in the numbers that networks are given: a thousandth of a deviation.
ROUNDING = 1e-3
# Two tiles are computed to learn what stands for the others.
FEWEST = 3
# Bytes of the answer that is held: 32 channels of tiles of 128³ take half of it, 118 of 96³ four fifths.
HELD_BYTES = 512 * 1024**2
DRAWN, HELD = "the network draws something in air", "its answer to a tile is too large to be held"

Answer = TypeVar("Answer")
Part = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Air:
    """Air in the numbers that a network is given: from ``lowest`` to ``highest``, and ``plain`` without any noise."""

    lowest: float
    plain: float
    highest: float


@dataclass(frozen=True)
class Skipping:
    """Leave to skip tiles of air; ``tell`` hears what came of it, once for each image."""

    air: Air
    tell: Callable[[AirTiles], None]


@dataclass(frozen=True)
class Found:
    """The tiles of an image: how many, the first voxels of those of air, and the two of them to be computed.

    ``quiet`` and ``loud`` (z, y, x) deviate least and most from plain air; ``loud`` is None where all are one tile.
    Places count from the first voxel of the padded image; ``inside`` is the part of each tile that is no padding, the
    same for all, as along an axis that is padded there is one tile.
    """

    tiles: int
    places: frozenset[Shape]
    quiet: Array
    loud: Array | None
    inside: Part


def air_of(normalise: Callable[[Array], Array]) -> Air:
    """Return air in a network's numbers; ``normalise`` makes them of HU (1, 1, n) float32, voxel by voxel."""
    ends = np.array([[[AIR_HU - NOISE_HU, AIR_HU, AIR_HU + NOISE_HU]]], dtype=np.float32)
    lowest, plain, highest = (float(one) for one in normalise(ends).ravel())
    return Air(lowest - ROUNDING, plain, highest + ROUNDING)


def skipping_for(package: Package, computed_by: str, air: Air | None, told: list[AirTiles]) -> Skipping | None:
    """Return the leave to skip tiles of air, where a package has it for what computes now; ``told`` gets the outcome.

    What an attempt that ran out of memory had told is forgotten.
    """
    told.clear()
    if air is None or not choose_air(package, computed_by).skip:
        return None
    return Skipping(air, told.append)


def together(told: Sequence[AirTiles]) -> AirTiles | None:
    """Return the outcome of several networks as one; None where none had leave."""
    if not told:
        return None
    reasons = "; ".join(dict.fromkeys(one.reason for one in told if one.reason))
    return AirTiles(sum(one.tiles for one in told), sum(one.skipped for one in told), reasons)


def tiles_of_air(image: Array, window: Window, air: Air) -> Found:
    """Return which tiles of an image (z, y, x) float32 hold nothing but air; padding is taken for air."""
    pads = padding((image.shape[0], image.shape[1], image.shape[2]), window.patch)
    outside = np.pad((image >= air.lowest) & (image <= air.highest), pads, constant_values=True)
    padded = np.pad(image, pads) if any(before or after for before, after in pads) else image
    steps = window.steps((padded.shape[0], padded.shape[1], padded.shape[2]))
    every: list[Shape] = [(z, y, x) for z, y, x in itertools.product(*steps)]
    places = [place for place in every if outside[_box(place, window.patch)].all()]
    z, y, x = (slice(before, size - after) for size, (before, after) in zip(window.patch, pads, strict=True))
    if not places:
        return Found(len(every), frozenset(), np.zeros((0, 0, 0), dtype=np.float32), None, (z, y, x))
    noise = [_deviation(padded[_box(place, window.patch)], air.plain) for place in places]
    quiet, loud = (padded[_box(places[index], window.patch)].copy() for index in (np.argmin(noise), np.argmax(noise)))
    return Found(len(every), frozenset(places), quiet, None if np.array_equal(quiet, loud) else loud, (z, y, x))


def stand_in(
    image: Callable[[], Array],
    window: Window,
    channels: int,
    skipping: Skipping | None,
    run: Callable[[Array], Answer],
    is_background: Callable[[Answer, Part], bool],
) -> StandIn[Answer] | None:
    """Return what stands for the answers to tiles of air, if they may be skipped and it is worth it.

    ``image`` gives the image (z, y, x) float32. ``run`` answers a tile (z, y, x), mirror images included, by what no
    later call overwrites; ``channels`` is how many it gives. The two tiles that differ most must be background in every
    voxel: ``is_background`` says it of an answer and of the part of it that is no padding.
    """
    if skipping is None:
        return None
    found = tiles_of_air(image(), window, skipping.air)
    answer, reason = None, ""
    if len(found.places) >= FEWEST and 4 * channels * math.prod(window.patch) > HELD_BYTES:
        reason = HELD
    elif len(found.places) >= FEWEST:
        answer = run(found.quiet)
        loud = found.loud
        if not is_background(answer, found.inside) or (loud is not None and not is_background(run(loud), found.inside)):
            answer, reason = None, DRAWN
    skipping.tell(AirTiles(found.tiles, 0 if answer is None else len(found.places), reason))
    return None if answer is None else StandIn(found.places, answer)


def background_of_labels(logits: Array) -> bool:
    """Whether class 0 wins in every voxel of logits (classes, …)."""
    return bool((logits[0] > logits[1:].max(axis=0, initial=-np.inf)).all())


def background_of_regions(logits: Array) -> bool:
    """Whether no channel of logits (channels, …) is set in any voxel."""
    return bool((logits < 0).all())


def _box(place: Shape, patch: Shape) -> Part:
    z, y, x = (slice(first, first + size) for first, size in zip(place, patch, strict=True))
    return z, y, x


def _deviation(tile: NDArray[np.float32], plain: float) -> float:
    """Mean square of what voxels lie away from plain air."""
    return float(np.square(tile - np.float32(plain)).mean())
