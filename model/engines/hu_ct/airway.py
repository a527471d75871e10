"""Trachea: the chain of round pieces of air from the neck down to where the airway divides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.engines.hu_ct.midline import Spine
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
# It runs in front of the vertebral bodies: so far aside of the canal and so far in front of it.
FROM_MIDLINE_MM = 45.0
AHEAD_MM = (15.0, 110.0)
# How far below the division the main bronchi are followed, to keep them out of the lungs.
BRONCHI_MM = 45.0
BRONCHUS_MM2 = 350.0
# A trachea ends beside lung or, in a series of the neck, less than this above it.
ABOVE_LUNGS_MM = 40.0
# It begins below the larynx, this far above the apices, and is no longer than this from its division (14 cm in tall
# men). Above it the throat is as round and as wide.
ABOVE_APEX_MM, LONGEST_MM = 50.0, 135.0
# Larynx and throat differ from the trachea's own median area by this factor.
UPPER_AREA = (0.55, 1.6)
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


def find_airway(grid: WorkingGrid, body: Mask, spine: Spine) -> Airway | None:
    """Find the airway on the working grid, in front of the spine; None when no chain is long enough."""
    air = (grid.hu < AIR_HU) & body
    labels, count = ndimage.label(air, structure=IN_PLANE)
    if count == 0:
        return None
    pieces = _pieces(labels, count, grid, spine)
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
    """Return the lumen at full resolution."""
    return to_full(surface_field(airway.trachea, share_below(grid.hu, LUMEN_EDGE_HU, 1000.0)), grid)


def leads_to_lungs(grid: WorkingGrid, airway: Airway, lungs: Mask) -> bool:
    """Whether the airway ends beside lung or a little above it, and begins above or at the top of what is seen of it.

    That of a head ends in the throat; gas in the bowel or in the gullet ends below the lungs, or begins among them.
    """
    lung_slices = np.flatnonzero(lungs.any(axis=(1, 2)))
    if lung_slices.size == 0:
        return False
    own = np.flatnonzero(airway.trachea.any(axis=(1, 2)))
    low, high = int(lung_slices[0]), int(lung_slices[-1])
    ends_well = own[0] >= low and (own[0] - high) * grid.spacing[0] <= ABOVE_LUNGS_MM
    return bool(ends_well and (own[-1] >= high - 1 or own[-1] == lungs.shape[0] - 1))


def below_larynx(grid: WorkingGrid, airway: Airway, lungs: Mask) -> Airway:
    """Return the airway without larynx and throat.

    What is left is as long as a trachea, and no wider or narrower than its own middle.
    """
    own = np.flatnonzero(airway.trachea.any(axis=(1, 2)))
    apex = int(np.flatnonzero(lungs.any(axis=(1, 2)))[-1])
    top = min(own[0] + LONGEST_MM / grid.spacing[0], apex + ABOVE_APEX_MM / grid.spacing[0], float(own[-1]))
    areas = airway.trachea.sum(axis=(1, 2))
    ordinary = float(np.median(areas[own[own <= max(apex, own[0])]]))
    for index in range(max(apex, int(own[0])) + 1, int(top) + 1):
        if not UPPER_AREA[0] * ordinary <= areas[index] <= UPPER_AREA[1] * ordinary:
            top = index - 1
            break
    trachea = airway.trachea.copy()
    trachea[int(top) + 1 :] = False
    return Airway(trachea, airway.bronchi)


def _pieces(labels: NDArray[np.int32], count: int, grid: WorkingGrid, spine: Spine) -> dict[int, list[_Piece]]:
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
        ahead = (spine.rows[index] - row) * grid.spacing[1]
        aside = abs(column - spine.columns[index]) * grid.spacing[2]
        if aside <= FROM_MIDLINE_MM and AHEAD_MM[0] <= ahead <= AHEAD_MM[1]:
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
