"""Lung_L and Lung_R: the pieces of air that are lung and not gas, told apart by the spine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.engines.hu_ct.airway import Airway
from model.engines.hu_ct.lung_pieces import Piece, Verdict, air_pieces
from model.engines.hu_ct.midline import Spine
from model.engines.hu_ct.morphology import Mask, fill_in_plane, grow, grow_mm, shrink, shrink_mm
from model.engines.hu_ct.sides import tell_sides
from model.engines.hu_ct.surface import share_below, surface_field
from model.engines.hu_ct.working import WorkingGrid, to_full

# Where pieces of air are looked for; their surface is placed afterwards.
AIR_HU = -450.0
# The surface of a lung runs halfway between its own median and soft tissue: an expiring base has -780 HU, a full lung
# -870 (measured on five samples). The bounds keep the surface on the lung's side of fat where the median is odd.
TISSUE_HU = 40.0
EDGE_HU = (-500.0, -350.0)
# Noise decides about voxels that hold half of each; this Gaussian, in blocks, is narrower than the blocks themselves.
SMOOTHING = 0.5
# Vessels and fissures up to twice this width belong to the lung.
CLOSE_MM = 5.0
# A smaller piece belongs to a lung when no more than a fissure parts them and its values are the lung's.
FISSURE_MM = 9.0
ALIKE_HU = 150.0
# The air around the patient lies below this, noise and cloth included.
OUTSIDE_AIR_HU = -930.0
# So much air under ribs that was not taken is worth a look.
WORTH_ML = 30.0

NO_LUNG = "no lung on this side in the image"
NO_SPINE = "no spine in the image beside the lung, so its side cannot be told"
NOT_APART = "the air under the ribs cannot be told apart into a left and a right lung"


@dataclass(frozen=True)
class Lung:
    """``mask`` (slice, row, column) on the working grid, all False where it was not found.

    ``share`` is that of lung in each block of it, float32.
    """

    mask: Mask
    share: NDArray[np.float32]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lungs:
    """Both sides; ``reason`` says why a side that is empty is."""

    left: Lung
    right: Lung
    reason: str = NO_LUNG

    @property
    def both(self) -> Mask:
        """The lungs of both sides."""
        return self.left.mask | self.right.mask


@dataclass
class _Found:
    """What is being gathered: a mask, the median HU of its main pieces, and flags, for one side."""

    mask: Mask
    medians: list[float] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)


def find_lungs(
    grid: WorkingGrid, body: Mask, airway: Airway | None, spine: Spine | None, skull_floor: int | None
) -> Lungs:
    """Both lungs on the working grid, told apart by the spine; ``skull_floor`` as for ``air_pieces``."""
    air = (grid.hu < AIR_HU) & body
    air_or_wall = body.copy()
    if airway is not None:
        air_or_wall &= ~(airway.trachea | airway.bronchi)
        air &= air_or_wall
    pieces, labels = air_pieces(grid, air, body, spine, skull_floor)
    left, right = _Found(np.zeros_like(air)), _Found(np.zeros_like(air))
    reason = _why_none(pieces)
    for piece in pieces:
        if piece.verdict is Verdict.MAIN and spine is not None:
            sides = tell_sides(piece.mask, spine.columns[piece.box[0]] - piece.box[2].start, grid)
            if not sides.left.any() and not sides.right.any():
                reason = NOT_APART
            for one, mine in ((left, sides.left), (right, sides.right)):
                if mine.any():
                    one.mask[piece.box] |= mine
                    one.medians.append(piece.median)
                    one.flags += [sides.flag] if sides.flag else []
    for one in (left, right):
        _add_lobes(one, pieces, grid)
    return _outlined(grid, body, airway, labels, air, air_or_wall, (left, right), reason)


def _why_none(pieces: list[Piece]) -> str:
    """Why a side has no lung: the largest piece of air that is neither gas nor lung says it."""
    if any(one.verdict is Verdict.SPINE for one in pieces):
        return NO_SPINE
    if any(one.verdict is Verdict.MAIN for one in pieces):
        return NO_LUNG
    doubtful = [one for one in pieces if one.verdict is not Verdict.GAS and one.volume_ml >= WORTH_ML]
    if not doubtful:
        return NO_LUNG
    largest = max(doubtful, key=lambda one: one.volume_ml)
    return f"{NO_LUNG}; {largest.volume_ml:.0f} ml of air were left out: {largest.verdict}"


def _add_lobes(side: _Found, pieces: list[Piece], grid: WorkingGrid) -> None:
    """Take smaller pieces that only a fissure parts from the lung of this side."""
    small = [one for one in pieces if one.verdict is Verdict.BESIDE]
    if not side.medians or not small:
        return
    reach = grow_mm(side.mask, FISSURE_MM, grid.spacing)
    left_out = 0.0
    for one in small:
        near = bool((reach[one.box] & one.mask).any())
        if near and min(abs(one.median - median) for median in side.medians) <= ALIKE_HU:
            side.mask[one.box] |= one.mask
        elif near:
            left_out += one.volume_ml
    if left_out >= WORTH_ML:
        side.flags.append(f"{left_out:.0f} ml of air beside it have other values and were left out")


def _outlined(
    grid: WorkingGrid,
    body: Mask,
    airway: Airway | None,
    labels: NDArray[np.unsignedinteger[Any]],
    air: Mask,
    air_or_wall: Mask,
    sides: tuple[_Found, _Found],
    reason: str,
) -> Lungs:
    """Place the surfaces of both lungs and close them."""
    left, right = sides[0].mask, sides[1].mask
    right &= ~left
    core = shrink(air, (1, 1, 1)) & air
    smooth = ndimage.gaussian_filter(grid.hu, SMOOTHING, mode="nearest", truncate=3.0)
    # Gas that lies against a lung stays what it was found to be.
    air_or_wall &= (labels == 0) | left | right
    drawn = []
    for mine, other in ((left, right), (right, left)):
        edge = lung_edge(mine & core, grid)
        # The surface lies less than a block from where the pieces ended.
        mine[:] = grow(mine, (1, 1, 1)) & (smooth < edge) & air_or_wall & ~other
        drawn.append(share_below(smooth, edge, 900.0))
    return Lungs(
        Lung(_closed(left, right, grid, body, airway), drawn[0], tuple(dict.fromkeys(sides[0].flags))),
        Lung(_closed(right, left, grid, body, airway), drawn[1], tuple(dict.fromkeys(sides[1].flags))),
        reason,
    )


def lung_outside(grid: WorkingGrid, body: Mask, spine: Spine | None, skull_floor: int | None) -> float:
    """Millilitres of air like lung, under ribs and beside the spine, that lie outside of the body."""
    light = (grid.hu > OUTSIDE_AIR_HU) & (grid.hu < AIR_HU) & ~body
    if spine is None or float(light.sum()) * grid.voxel_ml < WORTH_ML:
        return 0.0
    pieces, _ = air_pieces(grid, light, np.ones_like(body), spine, skull_floor)
    return sum(one.volume_ml for one in pieces if one.verdict in (Verdict.MAIN, Verdict.BESIDE))


def draw_lung(grid: WorkingGrid, lung: Lung) -> BoxedMask:
    """One lung at full resolution."""
    return to_full(surface_field(lung.mask, lung.share), grid)


def lung_edge(core: Mask, grid: WorkingGrid) -> float:
    """HU halfway between the lung whose inner blocks are given and soft tissue."""
    lung = float(np.median(grid.hu[core])) if core.any() else AIR_HU
    return float(np.clip((lung + TISSUE_HU) / 2, *EDGE_HU))


def _closed(lung: Mask, other: Mask, grid: WorkingGrid, body: Mask, airway: Airway | None) -> Mask:
    """Close over vessels and fill what the lung encloses in a slice."""
    box = BoxedMask.crop(lung)
    if box.empty:
        return lung
    margin = [max(2, round(CLOSE_MM / size) + 1) for size in grid.spacing]
    part = tuple(
        slice(max(0, start - more), start + extent + more)
        for start, extent, more in zip(box.origin, box.array.shape, margin, strict=True)
    )
    closed = shrink_mm(grow_mm(lung[part], CLOSE_MM, grid.spacing), CLOSE_MM, grid.spacing) | lung[part]
    closed = fill_in_plane(closed) & body[part] & ~other[part]
    if airway is not None:
        closed &= ~grow((airway.trachea | airway.bronchi)[part], (0, 1, 1))
    whole = np.zeros_like(lung)
    whole[part] = closed
    return whole
