"""Left and right of a piece of lung, by the spine: one lung, or two that touch."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import edt
import numpy as np
from numpy.typing import NDArray

from model.engines.hu_ct.morphology import Mask
from model.engines.hu_ct.working import WorkingGrid

# A piece with this share on each side of the spine may be two lungs that touch.
BOTH_SIDES = 0.12
# Each of the two parts that thinning leaves belongs to one side as far as this; the halves of one lung that reaches
# across the midline do not.
ONE_SIDE = 0.75
# A part that thinning leaves is a lung when it is this share of all that is left.
PART_SHARE = 0.1
# One lung that reaches across the midline, as after the other was removed, has at least this share on its own side.
MOSTLY = 0.65
THINNER_MM = (2.0, 4.0, 6.0, 9.0, 12.0, 16.0)

ACROSS = "reaches across the midline: one lung, or a part of the other with it"


@dataclass(frozen=True)
class Sides:
    """A piece told apart; both all False when it cannot be. ``flag`` says what to look at, or nothing."""

    left: Mask
    right: Mask
    flag: str = ""


def tell_sides(piece: Mask, middle: NDArray[np.float64], grid: WorkingGrid) -> Sides:
    """Split a piece of lung by the ``middle`` column of each of its slices; columns grow to the patient's left."""
    nothing = np.zeros_like(piece)
    leftwards = np.broadcast_to(np.arange(piece.shape[2])[None, None, :] > middle[:, None, None], piece.shape)
    share = float(leftwards[piece].mean())
    if not BOTH_SIDES < share < 1 - BOTH_SIDES:
        return Sides(piece, nothing) if share > 0.5 else Sides(nothing, piece)
    depth = edt.edt(np.ascontiguousarray(piece), anisotropy=grid.spacing, black_border=False, parallel=2)
    for thinner_than in THINNER_MM:
        labels, count = cc3d.connected_components(depth > thinner_than, connectivity=6, return_N=True)
        sizes = np.bincount(labels.ravel(), minlength=count + 1)
        on_left = np.bincount(labels[leftwards], minlength=count + 1) / np.maximum(sizes, 1)
        sizes[0] = 0
        big = sizes > PART_SHARE * sizes.sum()
        seeds_left, seeds_right = big & (on_left >= ONE_SIDE), big & (on_left <= 1 - ONE_SIDE)
        if seeds_left.any() and seeds_right.any() and not (big & ~seeds_left & ~seeds_right).any():
            to_left = edt.edt(np.ascontiguousarray(~seeds_left[labels]), anisotropy=grid.spacing, parallel=2)
            to_right = edt.edt(np.ascontiguousarray(~seeds_right[labels]), anisotropy=grid.spacing, parallel=2)
            return Sides(piece & (to_left < to_right), piece & (to_left >= to_right))
    if share >= MOSTLY:
        return Sides(piece, nothing, ACROSS)
    if share <= 1 - MOSTLY:
        return Sides(nothing, piece, ACROSS)
    return Sides(nothing, nothing)
