"""The head seen from the front: how deep each ray goes before it meets the body, and the smooth surface beneath."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plugin.privacy.face.head import Head, Mask

Depths = NDArray[np.float64]
# Rounds in which the fit lets go of what sticks out or lies deep, and how far that may be (mm).
ROUNDS, STICKS_OUT_MM = 8, 6.0


@dataclass(frozen=True)
class Rays:
    """Rays from the front, one for each (height, side) of a coarse grid.

    ``down`` is how far each row lies below the vertex, ``side`` how far each column lies left of the middle, in mm;
    ``depth`` (row, column) where the ray meets the body, in mm from the front of the images, infinite where it never
    does.
    """

    down: Depths
    side: Depths
    depth: Depths

    def within(self, top: float, bottom: float, half_width: float) -> NDArray[np.bool_]:
        """Return the rays of a window: so far below the vertex, and so far from the middle."""
        rows = (self.down >= top) & (self.down <= bottom)
        return rows[:, None] & (np.abs(self.side) <= half_width)[None, :]


def rays_of(body: Mask, head: Head, heights: Depths, backs: Depths, sides: Depths) -> Rays:
    """Follow a ray from the front for each (height, side); the three arrays say where voxels lie on each axis (mm)."""
    hit = body.any(axis=1)
    depth = np.where(hit, backs[np.argmax(body, axis=1)], np.inf)
    return Rays(head.vertex - heights, sides - head.middle, depth)


@dataclass(frozen=True)
class Smooth:
    """A quadratic surface in front of the head: no nose, no eyes, only how the head is bent."""

    weights: Depths
    unit: float

    def at(self, down: Depths, side: Depths) -> Depths:
        """Return its depth for each (row, column) of these rows and columns, in mm from the front of the images."""
        return np.asarray(_terms(down[:, None] / self.unit, side[None, :] / self.unit) @ self.weights)


def smooth_surface(rays: Rays, chosen: NDArray[np.bool_], unit: float) -> Smooth | None:
    """Fit the surface to the chosen rays, without what sticks out of it or lies deep; None where they are too few."""
    used = chosen & np.isfinite(rays.depth)
    if used.sum() < 100:
        return None
    terms = _terms(*np.broadcast_arrays(rays.down[:, None] / unit, rays.side[None, :] / unit))
    kept = used
    weights: Depths = np.zeros(terms.shape[-1])
    for number in range(ROUNDS):
        weights = np.asarray(np.linalg.lstsq(terms[kept], rays.depth[kept], rcond=None)[0], dtype=np.float64)
        away = np.abs(rays.depth - terms @ weights)
        # From wide to narrow, so that the first fit, bent by the nose, does not decide.
        limit = max(STICKS_OUT_MM, float(np.percentile(away[used], 90 - 5 * number)))
        nearer = used & (away <= limit)
        if nearer.sum() < 60:
            break
        kept = nearer
    return Smooth(weights, unit)


def _terms(down: Depths, side: Depths) -> Depths:
    one = np.ones(np.broadcast_shapes(down.shape, side.shape))
    return np.stack([one, side * one, side**2 * one, down * one, down**2 * one, down * side], axis=-1)
