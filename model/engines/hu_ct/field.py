"""The field of view: how the image cuts the body, and the body as far as it is in the image."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.hu_ct.external import TISSUE_HU, find_body
from model.engines.hu_ct.morphology import Mask, fill_in_plane, grow
from model.engines.hu_ct.working import WorkingGrid
from model.errors import EngineFailed

# Share of the image's border that is tissue when the field of view lies within the body (measured: 0.0 to 0.2 on six
# CTs of whole bodies, 0.6 to 0.9 on a heart and two cropped lungs).
WITHIN_SHARE = 0.5
# The image cuts through the body in a slice where this share of the body's depth or width lies at one of its edges.
# Arms and a back that reach the edge of a whole chest are up to 0.69 of it, half a chest is 0.9 and more (measured).
THROUGH_SHARE = 0.75
# So many slices of that kind are no accident.
THROUGH_SLICES = 0.15
# Air around the patient at the edge of the image, by its median; where cloth and noise lift it, it comes up to -938
# (measured), so that only what lies above the second value proves a lung.
AIR_AT_EDGE_HU, LUNG_AT_EDGE_HU = -970.0, -900.0
# More lung than this that is open to the edge of the image means that it cuts through the chest.
OPENED_ML = 50.0
# Skull and scalp are up to 25 mm thick behind the brain, above this height over the floor of the skull.
SCALP_MM, NECK_MUSCLES_MM = 32.0, 40.0
# What is as dense as bone and lies outside of the body: a table's rails and a holder have some; from here on it is
# worth a look, and from there on the body is not the patient.
OUTSIDE_BONE_HU = 250.0
LOOK_SHARE, LOOK_ML, LOST_SHARE = 0.1, 5.0, 0.5
AROUND_MM, FLESH_SHARE = 21.0, 0.4

WITHIN = "the field of view lies within the body, the skin is outside"
THROUGH = "the edge of the image cuts through the body, a part of the skin is outside the field of view"
LOST = "most of what is as dense as bone lies outside of the largest body: a phantom, or a patient in pieces"
NO_BODY = (
    "hu-ct found no body in the image, nothing of tissue that holds bone, so nothing was drawn: a phantom or an empty "
    "table is not a patient."
)


def shows_skin(grid: WorkingGrid) -> bool:
    """Whether air surrounds the patient; in a field of view within the body tissue fills the image to its border."""
    tissue = grid.hu > TISSUE_HU
    border = (tissue[:, 0, :], tissue[:, -1, :], tissue[:, :, 0], tissue[:, :, -1])
    return float(np.concatenate([edge.ravel() for edge in border]).mean()) < WITHIN_SHARE


def cuts_through(body: Mask) -> bool:
    """Whether an edge of the image cuts the body off in its whole depth or width, not arms or a shoulder alone."""
    depth, width = (_span(np.asarray(body.any(axis=axis))) for axis in (2, 1))
    there = depth > 0
    if not there.any():
        return False
    through = np.zeros(body.shape[0], dtype=np.bool_)
    for edge, extent in (
        (body[:, :, 0], depth),
        (body[:, :, -1], depth),
        (body[:, 0, :], width),
        (body[:, -1, :], width),
    ):
        through |= _span(edge) > THROUGH_SHARE * np.maximum(extent, 1)
    return float(through[there].mean()) > THROUGH_SLICES


def _span(lines: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Cells from the first to the last that is set, for each slice; ``lines`` is (slice, cell)."""
    last = lines.shape[1] - np.argmax(lines[:, ::-1], axis=1)
    return np.asarray(np.where(lines.any(axis=1), last - np.argmax(lines, axis=1), 0), dtype=np.intp)


def closed_at_edges(grid: WorkingGrid, body: Mask, above_hu: float) -> Mask:
    """Return the body with the lung that the edge of the image opens: what both enclose, of a median ``above_hu``."""
    height, width = body.shape[1:]
    # Once around: along the front, down the left, back along the back, up the right.
    rows = np.concatenate(
        [np.zeros(width), np.arange(1, height), np.full(width - 1, height - 1), np.arange(height)[-2:0:-1]]
    )
    columns = np.concatenate(
        [np.arange(width), np.full(height - 1, width - 1), np.arange(width)[-2::-1], np.zeros(max(0, height - 2))]
    )
    place = rows.astype(np.intp), columns.astype(np.intp)
    open_ = ~body[:, place[0], place[1]]
    hu = grid.hu[:, place[0], place[1]]
    closed = body.copy()
    for index in range(body.shape[0]):
        if open_[index].all() or not open_[index].any():
            continue
        # Turned so that it begins in the body, no stretch of air runs over its end.
        turn = -int(np.argmin(open_[index]))
        stretches, count = ndimage.label(np.roll(open_[index], turn))
        medians = ndimage.median(np.roll(hu[index], turn), stretches, np.arange(1, count + 1))
        lung = np.concatenate([[False], np.asarray(medians) > AIR_AT_EDGE_HU])
        at = np.roll(lung[stretches], -turn)
        closed[index, place[0][at], place[1][at]] = True
    added = fill_in_plane(closed) & ~body
    # Between an arm and the chest the edge is as bright as lung, what it encloses is not.
    pieces, count = cc3d.connected_components(added, connectivity=6, return_N=True)
    if count == 0:
        return body
    medians = ndimage.median(grid.hu, pieces, np.arange(1, count + 1))
    return np.asarray(body | np.concatenate([[False], np.asarray(medians) > above_hu])[pieces])


@dataclass(frozen=True)
class FieldOfView:
    """``body`` is where structures are looked for, (slice, row, column) on the working grid.

    ``cut`` says how the image cuts the patient so that External is not drawn, or nothing.
    """

    body: Mask
    cut: str = ""


@dataclass(frozen=True)
class Doubt:
    """Why External is left out, or what is flagged on it."""

    reason: str = ""
    flags: tuple[str, ...] = ()


def look_at(grid: WorkingGrid) -> FieldOfView:
    """Find the body and how the image cuts it; raises EngineFailed when there is no body in the image."""
    if not shows_skin(grid):
        return FieldOfView(np.ones(grid.hu.shape, dtype=np.bool_), WITHIN)
    body = find_body(grid)
    if not body.any():
        raise EngineFailed("MODEL_NOTHING", NO_BODY)
    if cuts_through(body):
        return FieldOfView(closed_at_edges(grid, body, AIR_AT_EDGE_HU), THROUGH)
    closed = closed_at_edges(grid, body, LUNG_AT_EDGE_HU)
    opened_ml = float(closed.sum() - body.sum()) * grid.voxel_ml
    return FieldOfView(closed, THROUGH) if opened_ml > OPENED_ML else FieldOfView(body)


def doubt_about_skin(grid: WorkingGrid, seen: FieldOfView, brain: Mask | None, lung_ml: float, *, known: bool) -> Doubt:
    """Compare the body with bone, lung and brain; ``lung_ml`` of lung lie outside, ``known`` are spine or skull.

    Bone or lung outside of it means that it is not the whole patient; much behind a brain is more than the patient.
    """
    if seen.cut:
        return Doubt(seen.cut)
    flags = []
    bone = grid.hu > OUTSIDE_BONE_HU
    outside = bone & ~grow(seen.body, (1, 1, 1))
    most = max(1.0, float(bone.sum()))
    if not known and float(outside.sum()) > LOST_SHARE * most:
        return Doubt(LOST)
    # A rail of the table has no flesh around it.
    _, rows, columns = grid.cells(AROUND_MM)
    flesh = ndimage.uniform_filter((grid.hu > TISSUE_HU).astype(np.float32), (1, rows, columns), mode="nearest")
    lost = float((outside & (flesh > FLESH_SHARE)).sum())
    if lost > LOOK_SHARE * most and lost * grid.voxel_ml > LOOK_ML:
        flags.append(f"{lost * grid.voxel_ml:.0f} ml as dense as bone, with tissue around it, lie outside of it")
    if lung_ml > OPENED_ML:
        flags.append(f"{lung_ml:.0f} ml of air like lung lie outside of it")
    holder = 0.0 if brain is None else _behind_the_head(grid, seen.body, brain)
    if holder > LOOK_ML:
        flags.append(f"{holder:.0f} ml lie farther behind the brain than a head does: what holds the head may be in it")
    if not known:
        flags.append("neither spine nor skull in the image: check that it is a patient, and whole")
    return Doubt("", tuple(flags))


def _behind_the_head(grid: WorkingGrid, body: Mask, brain: Mask) -> float:
    """Millilitres of the body behind the brain that are farther from it than skull and scalp are thick.

    Only above the muscles of the neck, and not beside the brain, where the ears are.
    """
    floor = int(np.flatnonzero(brain.any(axis=(1, 2)))[0]) + round(NECK_MUSCLES_MM / grid.spacing[0])
    volume = 0
    for index in range(floor, brain.shape[0]):
        inside = brain[index]
        if not inside.any():
            break
        rows, columns = np.nonzero(inside)
        behind = body[index].copy()
        behind[:, : int(columns.min())] = behind[:, int(columns.max()) + 1 :] = False
        behind[: min(behind.shape[0], int(rows.max() + SCALP_MM / grid.spacing[1]))] = False
        volume += int(behind.sum())
    return volume * grid.voxel_ml
