"""Whether a face is there to be seen: a look from the front that knows nothing of what was blanked.

Before, a face sticks out of the smooth front of the head (the nose does). Afterwards nothing may stick out any more,
and hardly a ray may meet the skin where it was. Each is asked at two brightnesses, neither of which the cut is made by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from plugin.privacy.face.front import Rays, rays_of, smooth_surface
from plugin.privacy.face.head import Head, Mask, body_of, head_of, threshold_of
from plugin.privacy.face.patient_grid import Coarse, PatientGrid

# HU of a CT; of MR a share of what lies between dark and bright.
LOOKS = ((-500.0, 0.10), (-150.0, 0.25))
# In lengths of the head below its vertex, and in its widths from the middle.
TOP, BOTTOM, HALF_WIDTH = 0.42, 1.15, 0.30
# What lies so much behind the face, in lengths of the head, is the throat; above the mouth there is none.
BEHIND, MOUTH = 0.17, 0.9
# A nose sticks out by 12 to 25 mm; a head without a face by 1 to 4.
FACE_MM = 6.0
# A ray that meets the body within this of where it met the skin before still sees the skin.
SAME_MM, KEPT = 3.0, 0.02


@dataclass(frozen=True)
class Look:
    """One look: how far something sticks out of the smooth front, in mm, and which share of the skin is still there."""

    before: float
    after: float
    kept: float


@dataclass(frozen=True)
class FaceCheck:
    """What the looks at both volumes found; no look where no head was found."""

    looks: tuple[Look, ...]

    @property
    def found(self) -> bool:
        """Whether a face was there before."""
        return any(one.before >= FACE_MM for one in self.looks)

    @property
    def gone(self) -> bool:
        """Whether none is there afterwards, at any brightness."""
        return bool(self.looks) and all(one.after < FACE_MM and one.kept <= KEPT for one in self.looks)


def check_face(before: Coarse, after: Coarse, grid: PatientGrid, modality: str) -> FaceCheck:
    """Look at a head from the front, before and after blanking."""
    thresholds = [threshold_of(before, modality, *look) for look in LOOKS]
    spacing = grid.coarse_spacing
    heads = [head_of(body_of(before, spacing, threshold), spacing) for threshold in thresholds]
    # Where a head is found at one brightness, it is looked at at each.
    known = next((head for head in heads if head is not None), None)
    if known is None:
        return FaceCheck(())
    found = [
        _look(before, after, grid, threshold, head or known) for threshold, head in zip(thresholds, heads, strict=True)
    ]
    return FaceCheck(tuple(one for one in found if one is not None) if all(found) else ())


def _look(before: Coarse, after: Coarse, grid: PatientGrid, threshold: float, head: Head) -> Look | None:
    seen = [_seen(values > threshold, head, grid) for values in (before, after)]
    window = seen[0].within(TOP * head.length, BOTTOM * head.length, HALF_WIDTH * head.width)
    upper = window & np.isfinite(seen[0].depth) & (seen[0].down <= MOUTH * head.length)[:, None]
    if not upper.any():
        return None
    face = float(np.median(seen[0].depth[upper]))
    skin = window & (seen[0].depth <= face + BEHIND * head.length)
    same = skin & (seen[1].depth < seen[0].depth + SAME_MM)
    before_mm, after_mm = (_sticks_out(rays, window, head) for rays in seen)
    return Look(before_mm, after_mm, float(same.sum() / skin.sum()))


def _seen(bright: Mask, head: Head, grid: PatientGrid) -> Rays:
    """Follow rays to the first two bright voxels in a row: a single one is noise."""
    solid = bright.copy()
    solid[:, :-1] &= bright[:, 1:]
    return rays_of(solid, head, grid.coarse_mm(0), grid.coarse_mm(1), grid.coarse_mm(2))


def _sticks_out(rays: Rays, window: Mask, head: Head) -> float:
    """Return how far the furthest part of a few square centimetres sticks out of the smooth front, in mm."""
    surface = smooth_surface(rays, window, head.length)
    if surface is None:
        return 0.0
    out = surface.at(rays.down, rays.side) - rays.depth
    out = ndimage.median_filter(np.where(np.isfinite(out), out, 0.0), 3)
    return float(np.percentile(out[window], 98))
