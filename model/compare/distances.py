"""Distances between two surfaces as numbers: each patch counts by its area."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from model.compare.frame import Flags, Floats, Frame, Indices
from model.compare.nearest import nearest
from model.compare.patches import Patches, together
from model.compare.pieces import Pieces
from model.compare.shape import RoiShape
from model.compare.surface import beside, surface_of
from model.contours.structure import BoxedMask

# Contours are written rounded, and slices do not tell a surface more finely: a distance of the tolerance is within it.
WRITTEN_MM = 0.05
# Nearer than this, in pixels, a patch is where it is, however the surface runs to the next slice.
FAR_PIXELS = 0.25


@dataclass(frozen=True)
class Distances:
    """Distances between the surfaces of two ROIs in mm, and the part of both that lies within a tolerance."""

    hausdorff: float
    hausdorff95: float
    mean: float
    surface_dice: float
    side: float


@dataclass(frozen=True)
class _Surface:
    """A surface, the contours that made it, and the mask that they were filled to."""

    patches: Patches
    pieces: Pieces
    mask: BoxedMask


def distances_of(reference: RoiShape, other: RoiShape, changed: Flags, frame: Frame, tolerance_mm: float) -> Distances:
    """Measure from each surface to the other.

    Args:
        reference: An ROI that is not empty.
        other: Another one.
        changed: (slices,) bool: where the masks differ. Elsewhere the ROI is what it was, and at no distance; but
            for the slices beside those, from which the surface runs to others.
        frame: The axes of the series.
        tolerance_mm: The distance that surface Dice forgives.

    Between two slices a surface may jump to another contour when one moves by a hair. What lies between two slices on
    which both have contours is therefore no farther than the contours are that it runs between.
    """
    moved = beside(changed)
    every = np.ones(len(moved), dtype=np.bool_)
    # Most of the work lets other threads run: one for each of the two.
    with ThreadPoolExecutor(2) as threads:
        made = threads.map(lambda job: surface_of(job[0], frame, job[1]), ((reference, every), (other, moved)))
        (ours, our_pieces), (theirs, their_pieces) = made
        theirs = together([theirs, ours.chosen(~moved[ours.slices])])
        one, two = _Surface(ours, our_pieces, reference.mask), _Surface(theirs, their_pieces, other.mask)
        there, back = threads.map(lambda start, target: _from(start, target, moved, frame), (one, two), (two, one))
    weights, back_weights = ours.areas, theirs.areas
    total = float(weights.sum() + back_weights.sum())
    within = tolerance_mm + WRITTEN_MM
    far, back_far = np.abs(there), np.abs(back)
    return Distances(
        hausdorff=float(max(far.max(), back_far.max())),
        hausdorff95=max(percentile(far, weights, 0.95), percentile(back_far, back_weights, 0.95)),
        mean=float(far @ weights + back_far @ back_weights) / total,
        surface_dice=float(weights[far <= within].sum() + back_weights[back_far <= within].sum()) / total,
        side=float(there @ weights / weights.sum()),
    )


def _from(surface: _Surface, target: _Surface, moved: Flags, frame: Frame) -> Floats:
    """(n,) mm, signed: from each patch of a surface to the other surface, 0 on slices where nothing has changed."""
    patches = surface.patches
    found = np.zeros(len(patches))
    asked = moved[patches.slices]
    found[asked] = nearest(patches.centre[asked], target.patches).distances
    far = np.flatnonzero(np.abs(found) > FAR_PIXELS * frame.pixel)
    slices, (piece, way, ended) = patches.slices[far].astype(np.int64), patches.runs[far].T.astype(np.int64)
    beyond = slices + way
    drawn = surface.pieces.drawn & target.pieces.drawn
    both = (way != 0) & drawn[slices] & drawn[beyond]
    far, slices, beyond, piece, ended = far[both], slices[both], beyond[both], piece[both], ended[both]
    own, start = patches.centre[far, :2], surface.pieces.centre[np.maximum(piece, 0)]
    most = np.maximum(
        _on_slice(start, piece >= 0, own, slices, surface, target, frame),
        _on_slice(surface.pieces.beside(start, beyond), ended == 0, own, beyond, surface, target, frame),
    )
    found[far] = np.sign(found[far]) * np.minimum(np.abs(found[far]), most)
    return found


def _on_slice(
    places: Floats, on_contour: Flags, own: Floats, slices: Indices, surface: _Surface, target: _Surface, frame: Frame
) -> Floats:
    """(n,) mm from places on contours of some slices to the other's contours of the same slices.

    Those that are not ``on_contour`` have none to follow: what counts is whether both hold the place of the patch
    itself, ``own``, or both do not; else nothing is known.
    """
    aside = np.hypot(*(places - target.pieces.beside(places, slices)).T)
    alike = frame.set_at(surface.mask, own, slices) == frame.set_at(target.mask, own, slices)
    aside = np.where(on_contour, aside, np.where(alike, 0.0, np.inf))
    return np.asarray(np.hypot(aside, surface.pieces.heights[slices] - target.pieces.heights[slices]))


def percentile(distances: Floats, weights: Floats, part: float) -> float:
    """Return the distance below which this part of the area lies."""
    order = np.argsort(distances)
    area = np.cumsum(weights[order])
    return float(distances[order[min(np.searchsorted(area, part * area[-1]), len(order) - 1)]])
