"""Brain: what the skull encloses, on CT of the head.

Every voxel looks for bone along 26 directions; inside a skull nearly all of them meet it. A vote, and not a closed
shell, so that a burr hole, a fracture or the end of the series costs a few directions and not the brain.
"""

from __future__ import annotations

from itertools import product

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.engines.hu_ct.morphology import Mask, fill_in_plane, grow_mm, shrink_mm
from model.engines.hu_ct.surface import surface_field
from model.engines.hu_ct.working import WorkingGrid, to_full

SKULL_HU = 200.0
# Brain, fluid, fresh blood and calcifications, averaged over a block; orbital fat and air lie below.
CONTENT_HU = (-30.0, 130.0)
# Share of the directions that must meet bone. Behind a burr hole or above an orbit a third is lost; outside the
# skull half are. Between 0.6 and 0.75 the volume on a real head stays within 0.5 %.
VOTES = 0.69
# A cavity narrower than this leaves the skull: the optic canal, the foramen magnum's edge, the spinal canal.
NECK_MM = 9.0
# Vessels, calcified plexus and noise inside the brain.
CLOSE_MM = 4.0
STRAND_MM = 5.0
# Near the edge of the image the votes run out before the brain does: so many cells (5 of 3 mm, seen) are between them.
SHORT_OF_EDGE_CELLS, OPENING_CELLS = 8, 2
# The foramen magnum is up to 9 cm² wide: what is open to the edge of the image over more is the skull itself.
FORAMEN_MM2 = 1000.0
CUT = "the image ends within the skull: a part of the brain may lie outside of it, or be missing beside its edge"
# Smaller is not an intracranial space of a person's head; larger is not one either.
LEAST_ML, MOST_ML = 250.0, 2500.0


def find_brain(grid: WorkingGrid, body: Mask) -> Mask | None:
    """Return the intracranial space on the working grid; None when there is no skull around one."""
    bone = (grid.hu > SKULL_HU) & body
    content = (grid.hu > CONTENT_HU[0]) & (grid.hu < CONTENT_HU[1]) & body
    inside = content & (_votes(bone) >= VOTES)
    core = shrink_mm(inside, NECK_MM, grid.spacing)
    if not core.any():
        return None
    brain = grow_mm(_largest(core), NECK_MM + 0.5, grid.spacing) & inside
    brain = shrink_mm(grow_mm(brain, CLOSE_MM, grid.spacing), CLOSE_MM, grid.spacing) & body
    brain = fill_in_plane(brain) & ~(bone & ~brain)
    # What follows a nerve or a vessel out of the skull is thin.
    brain = grow_mm(_largest(shrink_mm(brain, STRAND_MM, grid.spacing)), STRAND_MM + 0.5, grid.spacing) & brain
    volume = float(brain.sum()) * grid.voxel_ml
    return brain if LEAST_ML <= volume <= MOST_ML else None


def is_cut(grid: WorkingGrid, body: Mask, brain: Mask) -> bool:
    """Whether brain leads to an edge of the image on a broad way, with no bone in between."""
    content = (grid.hu > CONTENT_HU[0]) & (grid.hu < CONTENT_HU[1]) & body
    broad = ndimage.binary_opening(content, iterations=OPENING_CELLS) | brain
    reached = ndimage.binary_dilation(brain, iterations=SHORT_OF_EDGE_CELLS, mask=broad)
    return any(
        int(max(np.take(reached, 0, axis).sum(), np.take(reached, -1, axis).sum())) * area >= FORAMEN_MM2
        for axis, area in enumerate(np.prod(grid.spacing) / np.array(grid.spacing))
    )


def draw_brain(grid: WorkingGrid, brain: Mask) -> BoxedMask:
    """Return the intracranial space at full resolution."""
    smooth = ndimage.gaussian_filter(brain.astype(np.float32), 0.6)
    return to_full(surface_field(brain, smooth), grid)


def _largest(mask: Mask) -> Mask:
    labels = cc3d.connected_components(mask, connectivity=6)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray((labels == int(np.argmax(sizes))) & mask)


def _votes(bone: Mask) -> NDArray[np.float32]:
    """Share of the 26 directions that meet bone before the array ends, (slice, row, column)."""
    total = np.zeros(bone.shape, dtype=np.float32)
    directions = [step for step in product((-1, 0, 1), repeat=3) if any(step)]
    for z, y, x in directions:
        total += _meets(bone, (z, y, x))
    return total / np.float32(len(directions))


def _meets(bone: Mask, step: tuple[int, int, int]) -> Mask:
    """Whether a walk by ``step`` from each voxel meets bone."""
    axis = next(index for index in range(3) if step[index])
    met = np.moveaxis(bone, axis, 0).copy()
    sideways = [part for index, part in enumerate(step) if index != axis]
    order = range(met.shape[0] - 2, -1, -1) if step[axis] > 0 else range(1, met.shape[0])
    for index in order:
        before = met[index + step[axis]]
        met[index] |= _moved(before, sideways[0], sideways[1])
    return np.moveaxis(met, 0, axis)


def _moved(plane: NDArray[np.bool_], rows: int, columns: int) -> NDArray[np.bool_]:
    """Return the plane's value (rows, columns) away; False beyond it."""
    if not rows and not columns:
        return plane
    moved = np.zeros_like(plane)
    target, source = [], []
    for count in (rows, columns):
        target.append(slice(max(0, -count), min(0, -count) or None))
        source.append(slice(max(0, count), min(0, count) or None))
    moved[tuple(target)] = plane[tuple(source)]
    return moved
