"""External: the patient's skin, without the table."""

from __future__ import annotations

import cc3d
import edt
import numpy as np

from model.contours.structure import BoxedMask
from model.engines.hu_ct.morphology import Mask, fill_in_plane, grow, shrink
from model.engines.hu_ct.surface import share_below, surface_field
from model.engines.hu_ct.working import WorkingGrid, to_full

# Halfway between air and soft tissue: where a blurred skin surface lies, whatever the kernel.
SKIN_HU = -500.0
# Table tops, sheets and tubes are thinner than this; what stays after eroding is a body.
THIN_MM = 7.0
# A part that is separate in the image (an arm) belongs to the patient when it is this thick, of tissue, with bone.
PART_RADIUS_MM = 15.0
PART_ML = 50.0


def find_body(grid: WorkingGrid) -> Mask:
    """The body on the working grid, what it encloses included; all False when there is none."""
    tissue = grid.hu > SKIN_HU
    _, row_steps, column_steps = grid.cells(THIN_MM)
    core = shrink(tissue, (0, row_steps, column_steps))
    labels, count = cc3d.connected_components(core, connectivity=6, return_N=True)
    if count == 0:
        return np.zeros_like(tissue)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    largest = int(np.argmax(sizes))
    kept = np.zeros(count + 1, dtype=np.bool_)
    kept[largest] = True
    for label in np.flatnonzero(sizes * grid.voxel_ml >= PART_ML):
        kept[label] = kept[label] or _is_limb(labels == label, grid)
    body = kept[labels]
    # Back to the skin: what eroding took, but not the table that touches it.
    body = grow(body, (0, row_steps + 1, column_steps + 1)) & tissue
    return fill_in_plane(body)


def draw_external(grid: WorkingGrid, body: Mask) -> BoxedMask:
    """The skin at full resolution, halfway between the values of air and of soft tissue."""
    outline = share_below(-grid.hu, -SKIN_HU, 1000.0)
    # What the skin encloses counts whole, lungs and bowel gas too.
    outline[body & ~_rim(body)] = 1.0
    return to_full(surface_field(body, outline), grid)


def _rim(body: Mask) -> Mask:
    return body & ~shrink(body, (0, 1, 1))


def _is_limb(part: Mask, grid: WorkingGrid) -> bool:
    hu = grid.hu[part]
    if float((hu > 250.0).mean()) < 0.01 or not -150.0 < float(np.median(hu)) < 150.0:
        return False
    distance = edt.edt(np.ascontiguousarray(part), anisotropy=grid.spacing, black_border=False)
    return float(distance.max()) + THIN_MM >= PART_RADIUS_MM
