"""Contours cut into short straight pieces, without what is no edge of the ROI: bridges of keyholes, shared edges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from model.compare.frame import Flags, Floats, Frame, Indices
from model.compare.nearest import nearest
from model.compare.patches import Patches, unfilled
from model.compare.shape import RoiShape

# Points of one plane that agree within this are one: structure sets are written with two or three decimals.
SAME_POINT_MM = 1e-3
# A piece is at most a pixel long, two of an ROI with more pixels of contour than this: a large organ, the skin.
LONG_PIXELS = 20_000
# A channel of a keyhole is narrower than this part of a pixel; its two sides are no surface.
CHANNEL_PIXELS = 0.3
CHANNEL_NEIGHBOURS = 6
# Slices lie this far apart where their contours are searched in one tree: farther than any point of another one.
APART_MM = 1e6


@dataclass(frozen=True)
class Pieces:
    """Straight pieces of contours, none longer than ``longest`` mm; (u, v) in mm.

    ``centre``, ``along`` and ``outward`` are (n, 2), the latter two unit vectors; ``length`` (n,) mm; ``slices`` (n,).
    ``heights`` is (slices of the series,) mm along the normal: where the contours of each slice lie, 0 without any.
    ``whole`` are the segments from which they were cut, as patches without a height, each slice far from the others.
    """

    centre: Floats
    along: Floats
    outward: Floats
    length: Floats
    slices: Indices
    heights: Floats
    longest: float
    whole: Patches

    @cached_property
    def drawn(self) -> Flags:
        """(slices of the series,) bool: where contours lie."""
        return np.bincount(self.slices, minlength=len(self.heights)) > 0

    def beside(self, places: Floats, slices: Indices) -> Floats:
        """(n, 2): the point of the contours of a slice that is nearest to each (u, v); the slices have contours."""
        if not len(places):
            return places
        near = nearest(np.column_stack([places, slices * APART_MM]), self.whole).patches
        middle, along = self.whole.centre[near, :2], self.whole.first[near, :2]
        half = self.whole.halves[near, 0]
        foot = np.clip(np.einsum("nj,nj->n", places - middle, along), -half, half)
        return np.asarray(middle + foot[:, None] * along, dtype=np.float64)

    def chosen(self, which: Flags) -> Pieces:
        """Return the pieces that are set in ``which``, (n,) bool."""
        return replace(
            self,
            centre=self.centre[which],
            along=self.along[which],
            outward=self.outward[which],
            length=self.length[which],
            slices=self.slices[which],
        )


def pieces_of(shape: RoiShape, frame: Frame, wanted: Flags) -> Pieces:
    """Cut the contours of an ROI into pieces, each with the side on which the ROI is not.

    ``wanted`` is (slices of the series,) bool: contours on other slices are left out.
    """
    contours, slices = shape.contours, len(frame.corner)
    of_contour = wanted[contours.slices]
    lengths = contours.lengths[of_contour].astype(np.int64)
    points = frame.turned(contours.points[np.repeat(of_contour, contours.lengths)])
    contour = np.repeat(np.arange(len(lengths)), lengths)
    where = contours.slices[of_contour].astype(np.int64)[contour]
    count = np.bincount(where, minlength=slices)
    heights = np.bincount(where, weights=points[:, 2], minlength=slices) / np.maximum(count, 1)
    ends = np.cumsum(lengths)
    following = np.arange(1, len(points) + 1)
    following[ends - 1] = ends - lengths
    start, end = points[:, :2], points[following, :2]
    edge = edges(start, following, where)
    start, end, where, contour = start[edge], end[edge], where[edge], contour[edge]
    length = np.hypot(*(end - start).T)
    along = (end - start) / length[:, None]
    longest = frame.pixel * (2 if float(length.sum()) > LONG_PIXELS * frame.pixel else 1)
    parts = np.maximum(np.ceil(length / longest - 1e-6), 1).astype(np.int64)
    of = np.repeat(np.arange(len(parts)), parts)
    number = np.arange(len(of)) - np.repeat(np.cumsum(parts) - parts, parts)
    piece, along_piece = (length / parts)[of], along[of]
    cut = Pieces(
        centre=start[of] + along_piece * ((number + 0.5) * piece)[:, None],
        along=along_piece,
        outward=np.column_stack([along_piece[:, 1], -along_piece[:, 0]]),
        length=piece,
        slices=where[of],
        heights=heights,
        longest=longest,
        whole=_whole((start + end) / 2, along, length, where),
    )
    return _oriented(cut, contour[of], shape, frame)


def _whole(middle: Floats, along: Floats, length: Floats, where: Indices) -> Patches:
    made = unfilled(where)
    made.centre[:, :2] = middle
    made.centre[:, 2] = where * APART_MM
    made.first[:, :2] = along
    made.second[:, 2] = 1.0
    made.halves[:, 0] = length / 2
    return made


def edges(points: Floats, following: Indices, slices: Indices) -> Flags:
    """(n,) bool: the segments from each point to ``following`` that part inside from outside.

    By the even-odd rule a segment that is walked twice on one plane parts nothing: the bridge of a keyhole, or the edge
    between two contours that touch.
    """
    grid = np.rint((points - points.min(axis=0)) / SAME_POINT_MM).astype(np.int64)
    # One number for each point of a series: two metres are two million steps.
    key = grid[:, 0] + grid[:, 1] * 2**21 + slices * 2**42
    other = key[following]
    low, high = np.minimum(key, other), np.maximum(key, other)
    order = np.lexsort((high, low))
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    group = np.cumsum(new) - 1
    odd = np.bincount(group, minlength=1)[group] % 2 == 1
    found = np.zeros(len(order), dtype=np.bool_)
    found[order] = new & odd
    return np.asarray(found & (key != other), dtype=np.bool_)


def _oriented(cut: Pieces, contour: NDArray[np.int64], shape: RoiShape, frame: Frame) -> Pieces:
    """Turn ``outward`` to where the mask is not, contour by contour, and drop the sides of narrow channels."""
    reach = 0.5 * frame.pixel
    right = frame.set_at(shape.mask, cut.centre + reach * cut.outward, cut.slices)
    left = frame.set_at(shape.mask, cut.centre - reach * cut.outward, cut.slices)
    # Single voxels beside a piece may be on the wrong side of it; most of a contour are not.
    votes = np.bincount(contour, weights=left.astype(np.float64) - right)
    turned = replace(cut, outward=cut.outward * np.where(votes >= 0, 1.0, -1.0)[contour][:, None])
    doubtful = np.flatnonzero(right & left)
    if not len(doubtful):
        return turned
    places = np.column_stack([cut.centre[doubtful], cut.slices[doubtful] * APART_MM])
    distance, near = cKDTree(np.column_stack([cut.centre, cut.slices * APART_MM])).query(
        places, k=CHANNEL_NEIGHBOURS, distance_upper_bound=CHANNEL_PIXELS * frame.pixel
    )
    found = np.isfinite(distance)
    back = np.einsum("nkj,nj->nk", cut.along[np.where(found, near, 0)], cut.along[doubtful]) < -0.9
    kept = np.ones(len(cut.length), dtype=np.bool_)
    kept[doubtful[(found & back).any(axis=1)]] = False
    return turned.chosen(kept)
