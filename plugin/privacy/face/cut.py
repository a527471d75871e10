"""The surface behind which a head is left as it is: the face in front of it goes, with the air and masks before it.

No uniform peel: what is a few millimetres behind a face still looks like it. The surface is smooth, close to the skin
on the forehead, where the brain is near, and deeper than eyelids and lips from the eyes down.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from plugin.privacy.face.front import Depths, Rays, rays_of, smooth_surface
from plugin.privacy.face.head import Head, body_of, head_of, threshold_of
from plugin.privacy.face.patient_grid import Coarse, PatientGrid

# Halfway between air and skin, a thermoplastic mask included; of MR a share of what lies between dark and bright.
SKIN_HU, SKIN_SHARE = -350.0, 0.15
# Heights in lengths of the head below its vertex: eyes of an adult lie at 0.6 to 0.68, lips at 0.95, the chin at 1.2.
FOREHEAD, BROW, LIDS, EYES, MOUTH, LOWEST = 0.32, 0.5, 0.58, 0.62, 0.95, 1.35
# How far behind the smooth skin it lies, in mm for a head of ADULT_MM from front to back.
SHALLOW_MM, DEEP_MM, ADULT_MM = 6.0, 22.0, 185.0
# Nowhere less than this behind the skin itself.
LEAST_MM = 4.0
# How suddenly it gets deeper towards the eyes.
STEEPNESS = 2.0
HALF_WIDTH, SOCKETS = 0.45, 0.33
# A ray that lies further from the surface meets no skin of the face.
STRAYS_MM = 12.0
# Below the chin the throat lies so far behind the face.
BEHIND_CHIN_MM = 28.0
# What is wider than the head by so much is the shoulders: no face reaches down to them.
SHOULDERS = 1.25
# Never deeper than this share of the head's length.
DEEPEST = 0.45


@dataclass(frozen=True)
class Cut:
    """The surface on the coarse grid: ``depth`` (row, column) in mm from the front; negative where nothing goes."""

    grid: PatientGrid
    depth: Depths

    def shell(self, place: int) -> NDArray[np.bool_]:
        """Return which voxels of a slice go, as (row, column) of the slice; ``place`` is its place along the normal."""
        along, index = self.grid.slice_of(place)
        backs = self.grid.full_mm(1)
        if along == 0:
            flat = backs[:, None] < self._full[index][None, :]
        elif along == 1:
            flat = backs[index] < self._full
        else:
            flat = backs[None, :] < self._full[:, index][:, None]
        return self.grid.to_slice(flat)

    @cached_property
    def _full(self) -> Depths:
        """The surface on the grid of the series; outside of its window nothing goes."""
        rows = _positions(self.grid.full_mm(0), self.grid.coarse_mm(0))
        columns = _positions(self.grid.full_mm(2), self.grid.coarse_mm(2))
        places = np.meshgrid(rows, columns, indexing="ij")
        window = (self.depth >= 0).astype(np.float64)
        inside = ndimage.map_coordinates(window, places, order=0, mode="nearest")
        filled = np.where(self.depth >= 0, self.depth, ndimage.maximum_filter(self.depth, 3))
        depth = ndimage.map_coordinates(filled, places, order=1, mode="nearest")
        return np.where(inside > 0, depth, -1.0)


def cut_of(values: Coarse, grid: PatientGrid, modality: str) -> tuple[Cut, Head] | None:
    """Find the surface; None where no head is there as a whole from its vertex down."""
    spacing = grid.coarse_spacing
    body = body_of(values, spacing, threshold_of(values, modality, SKIN_HU, SKIN_SHARE))
    head = head_of(body, spacing)
    if head is None:
        return None
    rays = rays_of(body, head, grid.coarse_mm(0), grid.coarse_mm(1), grid.coarse_mm(2))
    bottom = chin(rays, head)
    window = rays.within(FOREHEAD * head.length, bottom, HALF_WIDTH * head.width)
    surface = smooth_surface(rays, rays.within(FOREHEAD * head.length, bottom, 0.33 * head.width), head.length)
    if surface is None:
        return None
    size = head.length / ADULT_MM
    far = np.clip((rays.down / head.length - FOREHEAD) / (EYES - FOREHEAD), 0.0, 1.0) ** STEEPNESS
    margin = size * (SHALLOW_MM + (DEEP_MM - SHALLOW_MM) * far)
    smooth = surface.at(rays.down, rays.side)
    # Above the brow the skin itself is smooth, and lies where the surface need not: the brain is near there.
    below = np.clip((rays.down / head.length - FOREHEAD) / (BROW - FOREHEAD), 0.0, 1.0)[:, None]
    depth = below * smooth + (1.0 - below) * _smoothed(rays, window, smooth, spacing) + margin[:, None]
    # Only there: towards the temples the skin falls away so fast that this would reach the brain.
    eyes = rays.within(LIDS * head.length, bottom, SOCKETS * head.width)
    depth = np.where(eyes, np.maximum(depth, _behind_skin(rays, window, depth, spacing)), depth)
    depth = np.minimum(depth, head.front + DEEPEST * head.length)
    return Cut(grid, np.where(window, depth, -1.0)), head


def chin(rays: Rays, head: Head) -> float:
    """Return how far below the vertex the face ends, in mm: above throat and shoulders, or at the end of the images."""
    middle = np.abs(rays.side) <= 8.0
    profile = np.min(np.where(middle[None, :], rays.depth, np.inf), axis=1)
    upper = (rays.down >= 0.45 * head.length) & (rays.down <= MOUTH * head.length) & np.isfinite(profile)
    last = min(LOWEST * head.length, float(rays.down.max()))
    wide = (np.isfinite(rays.depth).sum(axis=1) * abs(rays.side[1] - rays.side[0])) > SHOULDERS * head.width
    shoulders = wide & (rays.down > EYES * head.length)
    if shoulders.any():
        last = min(last, float(rays.down[shoulders].min()) - 4.0)
    if not upper.any():
        return last
    face = float(np.median(profile[upper]))
    below = (rays.down > MOUTH * head.length) & (profile > face + BEHIND_CHIN_MM * head.length / ADULT_MM)
    return min(last, float(rays.down[below].min()) + 4.0) if below.any() else last


def _smoothed(rays: Rays, window: NDArray[np.bool_], smooth: Depths, spacing: tuple[float, float, float]) -> Depths:
    """Return the skin without its unevenness; where a ray passes it, the surface."""
    skin = np.where(window & (np.abs(rays.depth - smooth) <= STRAYS_MM), rays.depth, smooth)
    return np.asarray(ndimage.gaussian_filter(skin, [4.0 / spacing[0], 4.0 / spacing[2]]))


def _behind_skin(rays: Rays, window: NDArray[np.bool_], depth: Depths, spacing: tuple[float, float, float]) -> Depths:
    """Return a smooth surface a little behind the skin itself, where that lies deeper than the smooth one expects."""
    # What is much deeper is no skin of the face: the edge of the head, or a ray that passes it.
    near = window & (rays.depth <= depth + STRAYS_MM)
    skin = np.where(near, rays.depth, depth - LEAST_MM)
    reach = [max(3, 2 * round(6.0 / size) + 1) for size in (spacing[0], spacing[2])]
    widest = ndimage.maximum_filter(skin, reach)
    return np.asarray(ndimage.gaussian_filter(widest, [4.0 / spacing[0], 4.0 / spacing[2]]) + LEAST_MM)


def _positions(wanted: Depths, known: Depths) -> Depths:
    """Return where places in mm lie among evenly spaced ones, in steps."""
    step = known[1] - known[0] if len(known) > 1 else 1.0
    return np.asarray((wanted - known[0]) / step)
