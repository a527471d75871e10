"""SpinalCanal: what bone encloses behind the vertebral bodies, followed from slice to slice.

On the working grid each soft voxel is scored by how much of a circle of rays meets bone nearby; the best path
through all slices (Viterbi 1967) is the canal's middle. Rays from it at full resolution give its wall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.engines.hu_ct.morphology import Mask
from model.engines.hu_ct.working import WorkingGrid

BONE_HU = 150.0
# Mean HU of cord, fluid and fat over a few mm; marrow in an adult spine lies higher.
SOFT_HU = (-80.0, 100.0)
RAYS = 24
# The adult canal is 12 to 25 mm across; a ray that meets no bone this near has left it.
NEAR_MM, FAR_MM = 3.0, 16.0
ORDINARY_MM = 9.0
AHEAD_MM = (9.0, 30.0)
# The spine keeps this near to the middle of the body, a curved one too.
FROM_MIDLINE_MM = 50.0
# The path may move this far sideways per mm of height.
SLOPE = 1.0
# A slice whose neighbourhood of this height encloses less than this share of the rays is not a canal.
STOP_WINDOW_MM = 30.0
STOP_SHARE = 0.62
STOP_SCORE = 0.4
# A quarter of the slices of a spine show a whole ring of bone; between the chewing muscles none does (measured:
# 0.83 and more against 0.73).
RING_SHARE = 0.8
LEAST_LENGTH_MM = 30.0
# A vertebral body lies 20 to 36 mm in front of the canal's middle; the shaft of a long bone, whose marrow is enclosed
# just as well, ends before that.
FRONT_MM = (20.0, 36.0)
FRONT_DEGREES = 32
VERTEBRA_HU = 130.0
FRONT_SHARE = 0.5


@dataclass(frozen=True)
class Path:
    """The canal's middle: working-grid (row, column) and share of enclosing rays for each slice of a run."""

    first: int
    rows: NDArray[np.float64]
    columns: NDArray[np.float64]
    enclosure: NDArray[np.float64]


def find_canal(grid: WorkingGrid, body: Mask, middle: NDArray[np.float64] | None) -> Path | None:
    """Find the canal's middle through the slices where bone encloses it; None when no run is long enough.

    ``middle`` is the column of the body's middle per slice, (slices,), None where the image cuts through the body and
    its middle is unknown: then every column is searched.
    """
    score, enclosure = _scores(grid, body, middle)
    rows, columns = _best_path(score, grid)
    slices = np.arange(score.shape[0])
    share = enclosure[slices, rows, columns]
    worth = score[slices, rows, columns]
    run = _enclosed_run(share, worth, grid.spacing[0])
    if run is None:
        return None
    first, last = run
    path = Path(
        first,
        rows[first:last].astype(np.float64),
        columns[first:last].astype(np.float64),
        share[first:last].astype(np.float64),
    )
    return path if _has_vertebrae(grid, body, path) else None


def _has_vertebrae(grid: WorkingGrid, body: Mask, path: Path) -> bool:
    """Whether bone lies in front of the canal, farther than the wall of a long bone is thick."""
    bone = (grid.hu > VERTEBRA_HU) & body
    angles = np.radians(np.arange(-FRONT_DEGREES, FRONT_DEGREES + 1, 8))
    radii = np.arange(*FRONT_MM, 2.0)
    index = path.first + np.arange(len(path.rows))
    rows = path.rows[:, None, None] - np.cos(angles)[None, :, None] * radii / grid.spacing[1]
    columns = path.columns[:, None, None] + np.sin(angles)[None, :, None] * radii / grid.spacing[2]
    place = [np.broadcast_to(index[:, None, None], rows.shape), rows, columns]
    met = ndimage.map_coordinates(bone.astype(np.uint8), place, order=0, mode="constant", cval=0).any(axis=2)
    return float(np.median(met.mean(axis=1))) >= FRONT_SHARE


def _scores(
    grid: WorkingGrid, body: Mask, middle: NDArray[np.float64] | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(score, enclosure) per voxel of the working grid, (slice, row, column); score -1 where no canal can be."""
    bone = (grid.hu > BONE_HU) & body
    away = np.zeros((body.shape[0], 1, body.shape[2]))
    if middle is not None:
        away += np.abs(np.arange(body.shape[2])[None, None, :] - middle[:, None, None]) * grid.spacing[2]
    around = ndimage.uniform_filter(grid.hu, (1, 3, 3), mode="nearest")
    soft = (around > SOFT_HU[0]) & (around < SOFT_HU[1]) & ~bone & body & (away <= FROM_MIDLINE_MM)
    where = BoxedMask.crop(soft)
    score = np.full(grid.hu.shape, -1.0, dtype=np.float32)
    share = np.zeros(grid.hu.shape, dtype=np.float32)
    if where.empty:
        return score, share
    # Only the columns near the midline are searched; rays look past them.
    first, last = where.origin[2], where.origin[2] + where.array.shape[2]
    margin = int(FAR_MM / grid.spacing[2]) + 1
    wide = slice(max(0, first - margin), last + margin)
    enclosure, reach, ahead = _rays(bone[:, :, wide], grid)
    # Marrow is enclosed too: it is denser than cord and fat, and rays in it meet bone sooner.
    marrow = np.clip((around[:, :, wide] - 35.0) / 60.0, 0.0, 1.0)
    value = enclosure + 0.4 * ahead - 0.5 * marrow - 0.5 * np.abs(reach - ORDINARY_MM) / ORDINARY_MM
    share[:, :, wide] = np.where(soft[:, :, wide], enclosure, 0.0)
    value -= 0.5 * (away[:, :, wide] / FROM_MIDLINE_MM) ** 2
    score[:, :, wide] = np.where(soft[:, :, wide], value, -1.0)
    return score, share


def _rays(bone: Mask, grid: WorkingGrid) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Per voxel: share of rays that meet bone, their mean length in mm, share of bone in front (a vertebral body)."""
    hits = np.zeros(bone.shape, dtype=np.float32)
    reach = np.zeros(bone.shape, dtype=np.float32)
    step = min(grid.spacing[1:])
    radii = np.arange(max(NEAR_MM, step), FAR_MM + 0.1, step)
    for angle in np.arange(RAYS) * (2 * np.pi / RAYS):
        met = np.zeros_like(bone)
        length = np.full(bone.shape, FAR_MM, dtype=np.float32)
        for radius in radii:
            shift = (round(np.sin(angle) * radius / grid.spacing[1]), round(np.cos(angle) * radius / grid.spacing[2]))
            new = _shifted(bone, shift) & ~met
            length[new] = radius
            met |= new
        hits += met
        reach += length
    ahead = np.zeros(bone.shape, dtype=np.float32)
    distances = np.arange(AHEAD_MM[0], AHEAD_MM[1], step)
    for distance in distances:
        ahead += _shifted(bone, (-round(distance / grid.spacing[1]), 0))
    share = np.float32(1.0 / RAYS)
    return hits * share, reach * share, np.minimum(np.float32(1.0), ahead * np.float32(2.0 / len(distances)))


def _shifted(mask: Mask, shift: tuple[int, int]) -> Mask:
    """Return the mask's value ``shift`` (rows, columns) away; False beyond the array."""
    moved = np.zeros_like(mask)
    target, source = [slice(None)], [slice(None)]
    for count, size in zip(shift, mask.shape[1:], strict=True):
        target.append(slice(max(0, -count), max(0, size - max(0, count))))
        source.append(slice(max(0, count), max(0, size + min(0, count))))
    moved[tuple(target)] = mask[tuple(source)]
    return moved


def _best_path(score: NDArray[np.float32], grid: WorkingGrid) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the path of greatest summed score whose steps are bounded by SLOPE."""
    _, height, width = score.shape
    reach_rows = max(1, round(SLOPE * grid.spacing[0] / grid.spacing[1]))
    reach_columns = max(1, round(SLOPE * grid.spacing[0] / grid.spacing[2]))
    moves = [
        (row, column)
        for row in range(-reach_rows, reach_rows + 1)
        for column in range(-reach_columns, reach_columns + 1)
    ]
    total = score[0].copy()
    chosen = np.zeros(score.shape, dtype=np.int16)
    for index in range(1, score.shape[0]):
        padded = np.pad(total, ((reach_rows,) * 2, (reach_columns,) * 2), constant_values=-1e9)
        best = np.full((height, width), -1e9, dtype=np.float32)
        for number, (row, column) in enumerate(moves):
            cost = 0.02 * float(np.hypot(row * grid.spacing[1], column * grid.spacing[2]))
            value = padded[
                reach_rows + row : reach_rows + row + height, reach_columns + column : reach_columns + column + width
            ] - np.float32(cost)
            better = value > best
            best[better] = value[better]
            chosen[index][better] = number
        total = best + score[index]
    row, column = divmod(int(np.argmax(total)), width)
    rows, columns = np.zeros(score.shape[0], dtype=np.intp), np.zeros(score.shape[0], dtype=np.intp)
    for index in range(score.shape[0] - 1, -1, -1):
        rows[index], columns[index] = row, column
        if index:
            move = moves[int(chosen[index, row, column])]
            row, column = row + move[0], column + move[1]
    return rows, columns


def _enclosed_run(share: NDArray[np.float32], worth: NDArray[np.float32], spacing: float) -> tuple[int, int] | None:
    """(first, after the last) slice of the longest run that bone encloses, neighbourhoods smoothed."""
    window = max(1, round(STOP_WINDOW_MM / spacing))
    smooth = ndimage.uniform_filter1d(share.astype(np.float64), window, mode="nearest")
    good = ndimage.uniform_filter1d(worth.astype(np.float64), window, mode="nearest")
    labels, count = ndimage.label((smooth >= STOP_SHARE) & (good >= STOP_SCORE))
    if count == 0:
        return None
    sizes = np.bincount(labels)
    sizes[0] = 0
    run = np.flatnonzero(labels == int(np.argmax(sizes)))
    if len(run) * spacing < LEAST_LENGTH_MM or float(np.percentile(share[run], 75)) < RING_SHARE:
        return None
    return int(run[0]), int(run[-1]) + 1
