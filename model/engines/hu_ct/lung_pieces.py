"""Which pieces of air are lung: each is asked for its values, the ribs around it, its place by the spine and its size.

A head, a neck, a belly and a headrest hold air of any value between bones, so that values and bone alone prove
nothing: what is not sure is not lung.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import cc3d
import numpy as np
from numpy.typing import NDArray

from model.engines.hu_ct.midline import Spine
from model.engines.hu_ct.morphology import Mask, grow_mm, shrink
from model.engines.hu_ct.working import WorkingGrid

Box = tuple[slice, slice, slice]

# Lung bases at the end of a series are small: a cut at 60 ml lost real ones (measured).
LEAST_ML = 8.0
# Away from its edges gas is near -1000 HU and lung is not (medians measured: gas below -950, lung above -880).
PARENCHYMA_HU = (-985.0, -450.0)
# Air of nose and throat is lifted by scatter to -960 HU; lung below this value is emphysema, and then large.
LIGHT_HU, LIGHT_ML = -945.0, 600.0
# Lung lies under ribs and along the spine, gas in the bowel does not (shares measured: 0.5 to 0.8 against 0.0).
RIB_MM = 12.0
RIB_HU = 200.0
RIB_SHARE = 0.25
# Lung lies beside the spine: this share of it farther than this from the canal (measured: 0.75 and more; nose, throat
# and sinuses together below 0.4).
BESIDE_MM, BESIDE_SHARE = 25.0, 0.5
# The middle of a lung lies in front of the canal, that of a headrest's foam behind it.
BEHIND_MM = 15.0
# So far beyond the slices in which the spine was seen it is not trusted to tell the sides.
SPINE_MM = 60.0
# No lung reaches this near to the floor of the skull (an adult's apex stays 150 mm below it, a small child's 80).
BELOW_SKULL_MM = 60.0
# A piece this large can be a lung for itself.
MAIN_ML = 120.0
# A smaller one is lung only where the series cuts it off: a base at its upper end, an apex at its lower. It is widest
# there and reaches back to the spine.
WIDEST_SHARE = 0.6
CUT_HU = -930.0
AHEAD_MM = 45.0


class Verdict(StrEnum):
    """What a piece of air is, or why it is not lung."""

    MAIN = "lung"
    BESIDE = "it is too small for a lung of its own"
    GAS = "its values are those of gas"
    RIBS = "it does not lie under ribs"
    PLACE = "it does not lie beside the spine"
    SPINE = "the spine is not seen beside it"
    SKULL = "it lies too near to the skull"


@dataclass(frozen=True)
class Piece:
    """One connected piece of air: ``mask`` within ``box`` of the working grid, its median HU, its volume."""

    label: int
    box: Box
    mask: Mask
    median: float
    volume_ml: float
    verdict: Verdict


def air_pieces(
    grid: WorkingGrid,
    air: Mask,
    body: Mask,
    spine: Spine | None,
    skull_floor: int | None,
) -> tuple[list[Piece], NDArray[np.unsignedinteger[Any]]]:
    """Judge every piece of ``air`` large enough for a base of a lung; also the labels of all, 0 for none.

    ``skull_floor`` is the lowest slice of the space in the skull, None where there is no skull. Without a spine no
    piece is lung: the best it comes to is ``Verdict.SPINE``.
    """
    labels, count = cc3d.connected_components(air, connectivity=6, return_N=True)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    core = shrink(air, (1, 1, 1)) & air
    near_rib = grow_mm((grid.hu > RIB_HU) & body, RIB_MM, grid.spacing)
    boxes = cc3d.statistics(labels)["bounding_boxes"]
    found = []
    for label in np.flatnonzero(sizes * grid.voxel_ml >= LEAST_ML):
        if label == 0:
            continue
        box: Box = boxes[label]
        mask = labels[box] == label
        deep = grid.hu[box][mask & core[box]]
        median = float(np.median(deep)) if deep.size else -1000.0
        volume = float(sizes[label]) * grid.voxel_ml
        rim = mask & ~shrink(mask, (0, 1, 1))
        under_ribs = float(near_rib[box][rim if rim.any() else mask].mean())
        verdict = _verdict(grid, box, mask, median, volume, under_ribs, spine, skull_floor)
        found.append(Piece(int(label), box, mask, median, volume, verdict))
    return found, labels


def _verdict(
    grid: WorkingGrid,
    box: Box,
    mask: Mask,
    median: float,
    volume: float,
    under_ribs: float,
    spine: Spine | None,
    skull_floor: int | None,
) -> Verdict:
    if not PARENCHYMA_HU[0] < median < PARENCHYMA_HU[1] or (median < LIGHT_HU and volume < LIGHT_ML):
        return Verdict.GAS
    if under_ribs < RIB_SHARE:
        return Verdict.RIBS
    slices, rows, columns = (index + part.start for index, part in zip(np.nonzero(mask), box, strict=True))
    if skull_floor is not None and (skull_floor - float(slices.mean())) * grid.spacing[0] < BELOW_SKULL_MM:
        return Verdict.SKULL
    if spine is None:
        return Verdict.SPINE
    beyond = SPINE_MM / grid.spacing[0]
    seen = (slices >= spine.first - beyond) & (slices < spine.last + beyond)
    if float(seen.mean()) < 0.5:
        return Verdict.SPINE
    aside = np.abs(columns - spine.columns[slices]) * grid.spacing[2]
    ahead = (spine.rows[slices] - rows) * grid.spacing[1]
    if float((aside > BESIDE_MM).mean()) < BESIDE_SHARE or float(ahead.mean()) < -BEHIND_MM:
        return Verdict.PLACE
    if volume >= MAIN_ML:
        return Verdict.MAIN
    cut = _cut_by_the_series(mask, box, grid)
    return Verdict.MAIN if cut and median > CUT_HU and float(ahead.min()) < AHEAD_MM else Verdict.BESIDE


def _cut_by_the_series(mask: Mask, box: Box, grid: WorkingGrid) -> bool:
    """Whether the first or last slice cuts the piece near its widest."""
    areas = mask.sum(axis=(1, 2))
    ends = [areas[0]] if box[0].start == 0 else []
    ends += [areas[-1]] if box[0].stop == grid.hu.shape[0] else []
    return any(end >= WIDEST_SHARE * areas.max() for end in ends)
