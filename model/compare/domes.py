"""Round ends: where the slices of an ROI grow smaller to an end, it closes as their areas go on.

The areas of the last three slices are followed along a parabola, which for a ball, an ellipsoid or a cone is the truth:
a ball closes in its pole. What does not close before the next slice would be reached ends flat (lids.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.compare.frame import Floats, Frame
from model.compare.patches import Patches, unfilled
from model.compare.pieces import Pieces
from model.contours.structure import BoxedMask

# Fewer pixels than these tell no area.
FEWEST_PIXELS = 4
# An end that would close a little beyond the next slice, where nothing is, closes at it.
ABOUT = 1.2


@dataclass(frozen=True)
class Dome:
    """The end of an ROI beyond its slice ``slice_``, before (``way`` -1) or after (1) it.

    Its area falls with the distance x from the slice as 1 - ``fall`` x + ``bend`` x², in parts of the slice's own;
    it is never farther than ``reach`` mm, where the next slice has nothing.
    """

    slice_: int
    way: int
    fall: float
    bend: float
    reach: float

    def heights(self, parts: Floats) -> Floats:
        """Return how far from the slice, mm, the area is this part squared of the slice's own; in its middle 0."""
        rest = 1 - parts**2
        far = 2 * rest / (self.fall + np.sqrt(np.maximum(self.fall**2 - 4 * self.bend * rest, 0.0)))
        return np.minimum(far, self.reach)

    def slopes(self, parts: Floats) -> Floats:
        """Return how steeply ``heights`` fall with the part, mm."""
        return 2 * parts / np.maximum(self.fall - 2 * self.bend * self.heights(parts), 1e-6)


def domes(pieces: Pieces, frame: Frame) -> Iterator[Dome]:
    """Find the ends that close before the next slice, or about there."""
    slices = len(frame.offsets)
    # By Gauss: what the outward normals carry through the contours is twice the area between them.
    through = np.einsum("nj,nj->n", pieces.centre, pieces.outward) * pieces.length / 2
    areas = np.zeros(slices + 4)
    areas[2:-2] = np.bincount(pieces.slices, weights=through, minlength=slices)
    areas[areas < FEWEST_PIXELS * frame.pixel**2] = 0
    for slice_ in np.flatnonzero(areas[2:-2]):
        for way in (-1, 1):
            beyond = slice_ + way
            ends = not frame.joined[slice_ + (way > 0)] or not pieces.drawn[beyond]
            inside = slice_ - way, slice_ - 2 * way
            if not ends or not frame.joined[slice_ + (way < 0)] or not areas[2 + inside[0]]:
                continue
            known = [slice_, inside[0]]
            if areas[2 + inside[1]] and frame.joined[inside[0] + (way < 0)]:
                known.append(inside[1])
            reach = 2 * float(frame.halves[slice_ + (way > 0)])
            dome = _dome(int(slice_), way, frame.offsets[known], areas[2 + np.array(known)], reach)
            if dome is not None:
                yield dome


def _dome(slice_: int, way: int, offsets: Floats, areas: Floats, reach: float) -> Dome | None:
    """Follow the areas; None where they do not fall to nothing within reach."""
    distances = (offsets[1:] - offsets[0]) * way
    changes = areas[1:] / areas[0] - 1
    if len(changes) == 1:
        slope, bend = changes[0] / distances[0], 0.0
    else:
        slopes = changes / distances
        bend = (slopes[1] - slopes[0]) / (distances[1] - distances[0])
        slope = slopes[0] - bend * distances[0]
    if slope >= 0 or slope**2 < 4 * bend:
        return None
    dome = Dome(slice_, way, float(-slope), float(bend), reach)
    closes = 2 / (dome.fall + np.sqrt(dome.fall**2 - 4 * dome.bend))
    return dome if closes <= ABOUT * reach else None


def dome_patches(dome: Dome, sheet: NDArray[np.bool_], mask: BoxedMask, pieces: Pieces, frame: Frame) -> Patches:
    """Cover the end by patches of a pixel each: the nearer to the middle of the sheet, the farther from the slice."""
    rows, columns = frame.spacing
    index = np.argwhere(sheet)[:, ::-1] + np.array(mask.origin[:0:-1])
    places = frame.corner[dome.slice_] + index * np.array([columns, rows])
    away = places - pieces.beside(places, np.full(len(places), dome.slice_))
    depth = np.hypot(*away.T)
    middle = max(float(depth.max(initial=0.0)), frame.pixel / 2)
    parts = 1 - depth / middle
    on_rim = depth < 1e-6
    away = np.where(on_rim[:, None], np.array([1.0, 0.0]), away / np.where(on_rim, 1.0, depth)[:, None])
    rise = dome.slopes(parts) / middle
    long = np.hypot(1.0, rise)
    made = unfilled(np.full(len(places), dome.slice_))
    made.centre[:, :2] = places
    made.centre[:, 2] = pieces.heights[dome.slice_] + dome.way * dome.heights(parts)
    made.second[:, :2] = away / long[:, None]
    made.second[:, 2] = dome.way * rise / long
    made.first[:, 0] = dome.way * away[:, 1]
    made.first[:, 1] = -dome.way * away[:, 0]
    made.halves[:, 0] = frame.pixel / 2
    made.halves[:, 1] = frame.pixel / 2 * long
    return made
