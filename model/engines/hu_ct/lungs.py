"""Lung_L and Lung_R: the pieces of air that are lung and not gas, told apart by side."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import edt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.engines.hu_ct.airway import Airway
from model.engines.hu_ct.morphology import Mask, fill_in_plane, grow, grow_mm, shrink, shrink_mm
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
# Lung bases at the end of a series are small: a cut at 60 ml lost real ones (measured).
LEAST_ML = 8.0
# Away from its edges gas is near -1000 HU and lung is not (medians measured: gas below -950, lung above -880;
# the bound leaves room for emphysema).
PARENCHYMA_HU = (-985.0, -450.0)
# Lung lies under ribs and along the spine, gas in the bowel does not (shares measured: 0.5 to 0.8 against 0.0).
RIB_MM = 12.0
RIB_HU = 200.0
RIB_SHARE = 0.25
# A piece this large with values this far from gas is lung without a look at the ribs (soft ones of a child).
NO_GAS_HU, CERTAIN_ML = -930.0, 300.0
# Vessels and fissures up to twice this width belong to the lung.
CLOSE_MM = 5.0
# A piece with this share on each side of the midline is two lungs that touch.
BOTH_SIDES = 0.12


@dataclass(frozen=True)
class Lung:
    """``mask`` (slice, row, column) on the working grid, all False where it was not found; ``share`` is that of lung
    in each block of it, float32."""

    mask: Mask
    share: NDArray[np.float32]


@dataclass(frozen=True)
class Lungs:
    """Both sides."""

    left: Lung
    right: Lung


def find_lungs(grid: WorkingGrid, body: Mask, airway: Airway | None, middle: NDArray[np.float64]) -> Lungs:
    """Both lungs on the working grid, told apart by the ``middle`` column of each slice."""
    air = (grid.hu < AIR_HU) & body
    air_or_wall = body.copy()
    if airway is not None:
        air_or_wall &= ~(airway.trachea | airway.bronchi)
        air &= air_or_wall
    labels, count = cc3d.connected_components(air, connectivity=6, return_N=True)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    core = shrink(air, (1, 1, 1)) & air
    near_rib = grow_mm((grid.hu > RIB_HU) & body, RIB_MM, grid.spacing)
    left, right = np.zeros_like(air), np.zeros_like(air)
    boxes = cc3d.statistics(labels)["bounding_boxes"]
    for label in np.flatnonzero(sizes * grid.voxel_ml >= LEAST_ML):
        if label == 0:
            continue
        box = boxes[label]
        piece = labels[box] == label
        deep = grid.hu[box][piece & core[box]]
        if deep.size == 0 or not PARENCHYMA_HU[0] < float(np.median(deep)) < PARENCHYMA_HU[1]:
            continue
        rim = piece & ~shrink(piece, (0, 1, 1))
        certain = float(np.median(deep)) > NO_GAS_HU and sizes[label] * grid.voxel_ml >= CERTAIN_ML
        if not certain and float(near_rib[box][rim].mean()) < RIB_SHARE:
            continue
        mine, other = _sides(piece, middle[box[0]] - box[2].start, grid)
        left[box] |= mine
        right[box] |= other
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
        Lung(_closed(left, right, grid, body, airway), drawn[0]),
        Lung(_closed(right, left, grid, body, airway), drawn[1]),
    )


def draw_lung(grid: WorkingGrid, lung: Lung) -> BoxedMask:
    """One lung at full resolution."""
    return to_full(surface_field(lung.mask, lung.share), grid)


def lung_edge(core: Mask, grid: WorkingGrid) -> float:
    """HU halfway between the lung whose inner blocks are given and soft tissue."""
    lung = float(np.median(grid.hu[core])) if core.any() else AIR_HU
    return float(np.clip((lung + TISSUE_HU) / 2, *EDGE_HU))


def _sides(piece: Mask, middle: NDArray[np.float64], grid: WorkingGrid) -> tuple[Mask, Mask]:
    """Split a piece of lung into (left, right); columns grow to the patient's left."""
    nothing = np.zeros_like(piece)
    leftwards = np.arange(piece.shape[2])[None, None, :] > middle[:, None, None]
    share = float(np.broadcast_to(leftwards, piece.shape)[piece].mean())
    if not BOTH_SIDES < share < 1 - BOTH_SIDES:
        return (piece, nothing) if share > 0.5 else (nothing, piece)
    depth = edt.edt(np.ascontiguousarray(piece), anisotropy=grid.spacing, black_border=False, parallel=2)
    for thinner_than in (2.0, 4.0, 6.0, 9.0, 12.0, 16.0):
        labels, count = cc3d.connected_components(depth > thinner_than, connectivity=6, return_N=True)
        sizes = np.bincount(labels.ravel(), minlength=count + 1)
        sizes[0] = 0
        big = np.flatnonzero(sizes > 0.1 * sizes.sum())
        shares = {int(label): float(np.broadcast_to(leftwards, piece.shape)[labels == label].mean()) for label in big}
        seeds_left = np.isin(labels, [label for label, part in shares.items() if part > 0.5])
        seeds_right = np.isin(labels, [label for label, part in shares.items() if part <= 0.5])
        if len(big) >= 2 and seeds_left.any() and seeds_right.any():
            to_left = edt.edt(np.ascontiguousarray(~seeds_left), anisotropy=grid.spacing, parallel=2)
            to_right = edt.edt(np.ascontiguousarray(~seeds_right), anisotropy=grid.spacing, parallel=2)
            return piece & (to_left < to_right), piece & (to_left >= to_right)
    return piece & leftwards, piece & ~leftwards


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
