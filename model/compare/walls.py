"""The surface between slices: from each contour half of the way to that of the neighbouring slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.compare.frame import Flags, Floats, Frame
from model.compare.patches import Patches, unfilled
from model.compare.pieces import Pieces
from model.contours.structure import BoxedMask

# What lies nearer than this to a contour of the next slice goes on to it, even where pixels are too coarse to tell.
NEAR_PIXELS = 2


@dataclass(frozen=True)
class Run:
    """How the surface goes on from each piece to the slice before (``way`` -1) or after (1).

    ``aside`` is (n, 2) (u, v) mm to the contour there, 0 where there is none; ``ends`` (n,) bool, where there is none.
    """

    way: int
    aside: Floats
    ends: Flags


def runs(pieces: Pieces, mask: BoxedMask, frame: Frame) -> tuple[Run, ...]:
    """Return how far the surface runs sideways from each piece to the slices before and after.

    To the nearest point of that slice's contours, if it is near, or reached over places that only one of the two slices
    holds; else the contour ends there, and the surface goes straight on to half of the way.
    """
    slices = len(frame.corner)
    asked = []
    for way in (-1, 1):
        to = np.clip(pieces.slices + way, 0, slices - 1)
        asked.append(np.flatnonzero(frame.joined[pieces.slices + (way > 0)] & pieces.drawn[to]))
    every = np.concatenate(asked)
    to = pieces.slices[every] + np.repeat([-1, 1], [len(part) for part in asked])
    here = pieces.centre[every]
    found = pieces.beside(here, to) - here
    far = np.flatnonzero(np.hypot(*found.T) > NEAR_PIXELS * frame.pixel)
    between = (here + found / 2)[far]
    apart = frame.set_at(mask, between, pieces.slices[every[far]]) == frame.set_at(mask, between, to[far])
    reached = np.ones(len(every), dtype=np.bool_)
    reached[far[apart]] = False
    answer, begin = [], 0
    for way, part in zip((-1, 1), asked, strict=True):
        at = np.arange(begin, begin + len(part))[reached[begin : begin + len(part)]]
        begin += len(part)
        aside, ends = np.zeros_like(pieces.centre), np.ones(len(pieces.slices), dtype=np.bool_)
        aside[every[at]] = found[at]
        ends[every[at]] = False
        answer.append(Run(way, aside, ends))
    return tuple(answer)


def wall(pieces: Pieces, run: Run, frame: Frame) -> Patches:
    """Make the patches from each piece half of the way to the next slice, none longer than pieces may be."""
    beyond = np.clip(pieces.slices + run.way, 0, len(frame.corner) - 1)
    side = pieces.slices + (run.way > 0)
    between = np.abs(pieces.heights[beyond] - pieces.heights[pieces.slices]) / 2
    rise = np.where(frame.joined[side] & pieces.drawn[beyond], between, frame.halves[side])
    # Along the contour nothing runs: what is left of the run is at right angles to it.
    aside = np.column_stack([-pieces.along[:, 1], pieces.along[:, 0]])
    sideways = np.einsum("nj,nj->n", run.aside, aside) / 2
    slope = np.column_stack([aside * sideways[:, None], run.way * rise])
    long = np.hypot(sideways, rise)
    parts = np.maximum(np.ceil(long / pieces.longest - 1e-6), 1).astype(np.int64)
    of = np.repeat(np.arange(len(parts)), parts)
    number = np.arange(len(of)) - np.repeat(np.cumsum(parts) - parts, parts)
    start = np.column_stack([pieces.centre, pieces.heights[pieces.slices]])
    first = np.column_stack([pieces.along, np.zeros(len(parts))])
    second = slope / long[:, None]
    # Turned so that first × second points to where the ROI is not.
    outward = np.einsum("nj,nj->n", np.cross(first, second)[:, :2], pieces.outward)
    first = first * np.where(outward < 0, -1.0, 1.0)[:, None]
    made = unfilled(pieces.slices[of])
    made.centre[:] = start[of] + slope[of] * ((number + 0.5) / parts[of])[:, None]
    made.first[:] = first[of]
    made.second[:] = second[of]
    made.halves[:, 0] = pieces.length[of] / 2
    made.halves[:, 1] = (long / parts)[of] / 2
    made.runs[:, 0] = of
    made.runs[:, 1] = np.where(frame.joined[side], run.way, 0)[of]
    made.runs[:, 2] = run.ends[of]
    return made
