"""External: the patient's skin, without the table."""

from __future__ import annotations

from typing import Any

import cc3d
import edt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.engines.hu_ct.limbs import BONE_HU, patient_parts
from model.engines.hu_ct.morphology import IN_PLANE, Mask, fill_in_plane, grow, shrink
from model.engines.hu_ct.surface import share_below, surface_field
from model.engines.hu_ct.working import WorkingGrid, to_full

# Halfway between air and soft tissue: where a blurred skin surface lies, whatever the kernel.
SKIN_HU = -500.0
# Denser than cloth, foam and mattress.
TISSUE_HU = -350.0
# Table tops, sheets and tubes are thinner than this; what stays after eroding is a body.
THIN_MM = 7.0
SHEET_MM2 = 10_000.0
# A thin part hangs on the body and is denser than cloth or foam; it is no longer than an ear, or than a nose with the
# sinuses above it and then as thick: a wing of the table is long and thin.
EAR_MM = 65.0
NOSE_MM, NOSE_DEPTH_MM = 120.0, 6.0
PART_HU = -300.0
# Leads and electrodes are smaller than an ear.
SMALL_ML = 1.0
# Enclosed air is the body's when more than this share of its border is.
BODY_SHARE = 0.5


def find_body(grid: WorkingGrid) -> Mask:
    """Find the body on the working grid, what it encloses included; all False when nothing in the image holds bone."""
    tissue = grid.hu > TISSUE_HU
    _, row_steps, column_steps = grid.cells(THIN_MM)
    core = shrink(tissue, (0, row_steps, column_steps))
    core &= ~_sheets_across(core, grid)
    body = patient_parts(core, grid)
    if not body.any():
        return body
    # Back to the skin: what eroding took, but not the table that touches it.
    reach = (0, row_steps, column_steps)
    body = grow(body, reach) & tissue
    gas = _gas_within(tissue, body)
    # A wall between gas and skin may be as thin as a table top; gas that is the body's brings it back.
    body |= gas | (grow(gas, (0, row_steps + 1, column_steps + 1)) & tissue)
    body |= _small_parts(tissue, body, grid)
    # Voxels that the skin passes through are lighter than tissue, and so is the cloth beyond: one more, no further.
    return fill_in_plane(body | (grow(body, (0, 1, 1)) & (grid.hu > SKIN_HU)))


def _sheets_across(core: Mask, grid: WorkingGrid) -> Mask:
    """Sheets that lie across the patient's axis, as the end of a cushion does: few slices thick, wide, without bone."""
    layers = round(THIN_MM / 2 / grid.spacing[0])
    thin = core & ~grow(shrink(core, (layers, 0, 0)), (layers, 0, 0))
    labels, count = cc3d.connected_components(thin, connectivity=6, return_N=True)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    dense = np.bincount(labels[thin & (grid.hu > BONE_HU)], minlength=count + 1)
    sheet = (sizes * grid.spacing[1] * grid.spacing[2] >= SHEET_MM2) & (dense == 0)
    sheet[0] = False
    return np.asarray(sheet[labels])


def _small_parts(tissue: Mask, body: Mask, grid: WorkingGrid) -> Mask:
    """Nose, ears, folds of skin, a sinus with its wall: pieces that hang on the body; sheets are long or light."""
    whole = fill_in_plane(tissue)
    beside = grow(body, (0, 1, 1))
    # Without the rim that eroding took all around, which would join every piece to every other.
    rest = whole & ~beside
    labels, count = cc3d.connected_components(rest, connectivity=6, return_N=True)
    if count == 0:
        return rest
    solid = np.where(tissue, labels, 0).ravel()
    sizes = np.bincount(solid, minlength=count + 1)
    mean = np.bincount(solid, weights=grid.hu.ravel(), minlength=count + 1) / np.maximum(sizes, 1)
    volumes = np.bincount(labels.ravel(), minlength=count + 1) * grid.voxel_ml
    touching = np.zeros(count + 1, dtype=np.bool_)
    touching[np.unique(labels[grow(beside, (1, 1, 1))])] = True
    boxes = cc3d.statistics(labels)["bounding_boxes"]
    extents = np.array([[part.stop - part.start for part in box] for box in boxes]) * np.array(grid.spacing)
    longest = extents.max(axis=1)
    shaped = (longest <= EAR_MM) | ((longest <= NOSE_MM) & (_depths(rest, labels, count, grid) >= NOSE_DEPTH_MM))
    kept = touching & (mean > PART_HU) & shaped & (volumes >= SMALL_ML)
    kept[0] = False
    parts = kept[labels]
    return np.asarray(parts | (whole & grow(parts, (0, 1, 1))))


def _depths(rest: Mask, labels: NDArray[Any], count: int, grid: WorkingGrid) -> NDArray[np.float64]:
    """How deep the deepest voxel of each piece lies in it, in mm; (count + 1,)."""
    depth = edt.edt(np.ascontiguousarray(rest), anisotropy=grid.spacing, black_border=False, parallel=2)
    deepest = np.zeros(count + 1)
    np.maximum.at(deepest, labels[rest], depth[rest])
    return deepest


def _gas_within(tissue: Mask, body: Mask) -> Mask:
    """Air that tissue encloses in a slice and that borders on the body more than on anything else.

    Bowel gas behind a thin wall does; the hollow of a table top and the gap above it do not.
    """
    holes, count = ndimage.label(fill_in_plane(tissue) & ~tissue, structure=IN_PLANE)
    if count == 0:
        return np.zeros_like(tissue)
    borders, shared = np.zeros(count + 1), np.zeros(count + 1)
    for axis in (1, 2):
        for step in (-1, 1):
            beside = np.roll(holes, step, axis=axis)
            at = (beside > 0) & tissue
            borders += np.bincount(beside[at], minlength=count + 1)
            shared += np.bincount(beside[at & body], minlength=count + 1)
    owned = shared > BODY_SHARE * borders
    owned[0] = False
    return np.asarray(owned[holes])


def draw_external(grid: WorkingGrid, body: Mask) -> BoxedMask:
    """Return the skin at full resolution, halfway between the values of air and of soft tissue."""
    outline = share_below(-grid.hu, -SKIN_HU, 1000.0)
    # What the skin encloses counts whole, lungs and bowel gas too.
    outline[body & ~_rim(body)] = 1.0
    return to_full(surface_field(body, outline), grid)


def _rim(body: Mask) -> Mask:
    return body & ~shrink(body, (0, 1, 1))
