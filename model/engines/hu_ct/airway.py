"""Trachea: the chain of round pieces of air from the neck down to where the airway divides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.engines.hu_ct.morphology import IN_PLANE, Mask, grow
from model.engines.hu_ct.surface import share_below, surface_field
from model.engines.hu_ct.working import WorkingGrid, to_full

# Air of the airway is near -1000 HU, lung above -930 but in emphysema; block means keep the two apart.
AIR_HU = -880.0
# The adult trachea is 10 to 27 mm across (Breatnach, AJR 1984), so 80 to 570 mm²; less in children.
LEAST_MM2, MOST_MM2 = 25.0, 600.0
# Neighbouring cross-sections differ by less than this factor, but where the airway divides.
AREA_JUMP = 2.2
# A trachea may be flattened from the sides (sabre sheath); one that is this much wider than high is dividing.
HIGHEST, WIDEST = 2.5, 1.7
LEAST_LENGTH_MM = 25.0
FROM_MIDLINE_MM = 45.0
# How far below the division the main bronchi are followed, to keep them out of the lungs.
BRONCHI_MM = 45.0
BRONCHUS_MM2 = 350.0
# The larynx, at the upper end, lies less than this above the lungs.
ABOVE_LUNGS_MM = 40.0
LUMEN_EDGE_HU = -500.0


@dataclass(frozen=True)
class Airway:
    """``trachea`` down to its division, ``bronchi`` below it; both (slice, row, column) on the working grid."""

    trachea: Mask
    bronchi: Mask


@dataclass(frozen=True)
class _Piece:
    label: int
    area: float
    row: float
    column: float


def find_airway(grid: WorkingGrid, body: Mask, middle: NDArray[np.float64]) -> Airway | None:
    """The airway on the working grid, near the ``middle`` column of each slice; None when no chain is long enough."""
    air = (grid.hu < AIR_HU) & body
    labels, count = ndimage.label(air, structure=IN_PLANE)
    if count == 0:
        return None
    pieces = _pieces(labels, count, grid, middle)
    chain = _longest_chain(pieces, labels)
    if not chain or len(chain) * grid.spacing[0] < LEAST_LENGTH_MM:
        return None
    core = np.zeros_like(air)
    for index, label in chain.items():
        core[index] = labels[index] == label
    bronchi = _follow_down(core, labels, min(chain), grid)
    lumen = (grid.hu < LUMEN_EDGE_HU) & body
    around = (0, 1, 1)
    trachea = grow(core, around) & lumen
    return Airway(trachea, grow(bronchi, around) & lumen & ~trachea)


def draw_trachea(grid: WorkingGrid, airway: Airway) -> BoxedMask:
    """The lumen at full resolution."""
    return to_full(surface_field(airway.trachea, share_below(grid.hu, LUMEN_EDGE_HU, 1000.0)), grid)


def above_lungs(grid: WorkingGrid, airway: Airway, lungs: Mask) -> bool:
    """Whether the airway ends beside or a little above lung: that of a head ends in the throat."""
    lung_slices = np.flatnonzero(lungs.any(axis=(1, 2)))
    if lung_slices.size == 0:
        return False
    lowest = int(np.flatnonzero(airway.trachea.any(axis=(1, 2)))[0])
    return (lowest - int(lung_slices[-1])) * grid.spacing[0] <= ABOVE_LUNGS_MM


def _pieces(
    labels: NDArray[np.int32], count: int, grid: WorkingGrid, middle: NDArray[np.float64]
) -> dict[int, list[_Piece]]:
    """Round pieces of air near the midline, by slice."""
    area_mm2 = grid.spacing[1] * grid.spacing[2]
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    found: dict[int, list[_Piece]] = {}
    boxes = ndimage.find_objects(labels)
    for label, box in enumerate(boxes, start=1):
        area = float(sizes[label]) * area_mm2
        if box is None or not LEAST_MM2 <= area <= MOST_MM2:
            continue
        rows, columns = (box[axis].stop - box[axis].start for axis in (1, 2))
        height, width = rows * grid.spacing[1], columns * grid.spacing[2]
        if height > HIGHEST * width + grid.spacing[1] or width > WIDEST * height + grid.spacing[2]:
            continue
        index = box[0].start
        row, column = (box[1].start + box[1].stop - 1) / 2, (box[2].start + box[2].stop - 1) / 2
        if abs(column - middle[index]) * grid.spacing[2] <= FROM_MIDLINE_MM:
            found.setdefault(index, []).append(_Piece(label, area, row, column))
    return found


def _longest_chain(pieces: dict[int, list[_Piece]], labels: NDArray[np.int32]) -> dict[int, int]:
    """Slice → label of the longest run of pieces, each overlapping the next and of a similar area."""
    length: dict[int, int] = {}
    before: dict[int, tuple[int, int] | None] = {}
    for index in sorted(pieces, reverse=True):
        above = {piece.label: piece for piece in pieces.get(index + 1, [])}
        for piece in pieces[index]:
            touching = set(np.unique(labels[index + 1][labels[index] == piece.label])) if above else set()
            linked = [
                one
                for label, one in above.items()
                if label in touching and max(one.area, piece.area) <= AREA_JUMP * min(one.area, piece.area)
            ]
            best = max(linked, key=lambda one: length[one.label], default=None)
            length[piece.label] = 1 + (length[best.label] if best else 0)
            before[piece.label] = (index + 1, best.label) if best else None
    if not length:
        return {}
    at = {piece.label: index for index, ones in pieces.items() for piece in ones}
    end = max(length, key=lambda label: length[label])
    chain: dict[int, int] = {}
    step: tuple[int, int] | None = (at[end], end)
    while step is not None:
        chain[step[0]] = step[1]
        step = before[step[1]]
    return chain


def _follow_down(core: Mask, labels: NDArray[np.int32], lowest: int, grid: WorkingGrid) -> Mask:
    """Pieces of air below the division that hang on the airway and are no wider than a bronchus."""
    bronchi = np.zeros_like(core)
    area_mm2 = grid.spacing[1] * grid.spacing[2]
    above = core[lowest]
    for index in range(lowest - 1, max(-1, lowest - 1 - round(BRONCHI_MM / grid.spacing[0])), -1):
        reach = grow(above[None], (0, 1, 1))[0]
        touching = [label for label in np.unique(labels[index][reach]) if label]
        here = np.zeros_like(above)
        for label in touching:
            piece = labels[index] == label
            if float(piece.sum()) * area_mm2 <= BRONCHUS_MM2 * 2:
                here |= piece
        if not here.any():
            break
        bronchi[index] = here
        above = here
    return bronchi
