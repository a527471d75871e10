"""Which of the thick pieces of tissue in an image are the patient: trunk, head and limbs, not what holds them."""

from __future__ import annotations

from typing import Any

import cc3d
import edt
import numpy as np
from numpy.typing import NDArray

from model.engines.hu_ct.morphology import Mask, shrink
from model.engines.hu_ct.working import WorkingGrid

# Bone lies inside a patient: of any part at least this share (measured: 1.8 % and more of the bodies of ten CTs).
BONE_HU = 250.0
INNER_BONE_SHARE = 0.002
# Largest share of a limb's surface, below the skin, that is as dense as bone: a shin has some, of a holder the rim is.
SURFACE_BONE_SHARE = 0.12
# A part that is separate in the image (an arm, a leg) is this thick, of tissue, with bone, and leaves the image.
PART_RADIUS_MM = 9.0
PART_ML = 50.0
PART_HU = (-150.0, 150.0)
PART_BONE_SHARE = 0.01


def patient_parts(core: Mask, grid: WorkingGrid) -> Mask:
    """Return the pieces of ``core``, tissue eroded by the thickness of a table top, that are the patient.

    It is all False when there is none.

    The patient is the piece with the most bone within, not the largest: a table's insert may outweigh a head.
    """
    labels, count = cc3d.connected_components(core, connectivity=6, return_N=True)
    if count == 0:
        return np.zeros_like(core)
    sizes = _counts(labels, core, count)
    rim = core & ~shrink(core, (0, 1, 1))
    bone = grid.hu > BONE_HU
    real = _counts(labels, core & bone & ~rim, count) >= np.maximum(1.0, INNER_BONE_SHARE * sizes)
    real[0] = False
    if not real.any():
        return np.zeros_like(core)
    kept = np.zeros(count + 1, dtype=np.bool_)
    kept[int(np.argmax(_counts(labels, core & bone, count) * real))] = True
    at_surface = _counts(labels, rim & bone, count) / np.maximum(_counts(labels, rim, count), 1.0)
    for label in np.flatnonzero(real & (at_surface <= SURFACE_BONE_SHARE) & (sizes * grid.voxel_ml >= PART_ML)):
        kept[label] = kept[label] or _is_limb(labels == label, grid)
    return np.asarray(kept[labels])


def _counts(labels: NDArray[np.unsignedinteger[Any]], where: Mask, count: int) -> NDArray[np.float64]:
    return np.bincount(labels[where], minlength=count + 1).astype(np.float64)


def _is_limb(part: Mask, grid: WorkingGrid) -> bool:
    """Whether a separate piece is a limb: what begins and ends within the image lies on nobody's shoulder."""
    leaves = part[0].any() or part[-1].any() or part[:, 0].any() or part[:, -1].any()
    if not (leaves or part[:, :, 0].any() or part[:, :, -1].any()):
        return False
    hu = grid.hu[part]
    if float((hu > BONE_HU).mean()) < PART_BONE_SHARE or not PART_HU[0] < float(np.median(hu)) < PART_HU[1]:
        return False
    distance = edt.edt(np.ascontiguousarray(part), anisotropy=grid.spacing, black_border=False)
    return float(distance.max()) >= PART_RADIUS_MM
