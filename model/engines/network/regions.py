"""Channels that are decided one by one: logits on a coarse grid to masks on a fine one, slice by slice.

A linear blend lies between its corners, so what lies outside the box of the corners above 0 is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.engines.network.axis import Axis, blended
from model.engines.network.finite import require_finite

Shape = tuple[int, int, int]
Logits = NDArray[np.float32]


def regions_of(
    logits: Iterator[Logits], coarse: Shape, fine: Shape, channels: int, orders: Sequence[int] = (1, 1, 1)
) -> tuple[BoxedMask, ...]:
    """Return a mask for each channel on a grid of ``fine``: where its own logit is above 0, a probability of one half.

    Channels are decided one by one and may overlap (nnU-Net's region-based training; MONAI's sigmoid). What is held
    grows with what is found and not with channels times voxels.
    """
    sheets = _sheets(logits, coarse, fine, orders)
    return collected(((one.index, one.rows, one.columns, one.blended() > 0) for one in sheets), channels)


def collected(slices: Iterator[tuple[int, slice, slice, NDArray[np.bool_]]], channels: int) -> tuple[BoxedMask, ...]:
    """Return the mask of each channel, from what is inside (channels, rows, columns) on each slice."""
    found: list[list[tuple[int, int, int, NDArray[np.bool_]]]] = [[] for _ in range(channels)]
    for index, rows, columns, inside in slices:
        for channel in np.flatnonzero(inside.any(axis=(1, 2))):
            part = BoxedMask.crop(np.ascontiguousarray(inside[channel : channel + 1]))
            _, top, left = part.origin
            found[channel].append((index, rows.start + top, columns.start + left, part.array[0]))
    return tuple(_stacked(one) for one in found)


@dataclass(frozen=True)
class _Sheet:
    """A slice of the fine grid with the coarse logits (classes, y, x) around what may be found on it."""

    index: int
    rows: slice
    columns: slice
    logits: Logits
    y: Axis
    x: Axis

    def blended(self) -> Logits:
        """(classes, rows, columns) logits on the fine grid."""
        return self.x.blend(self.y.blend(self.logits, 1), 2)


def _sheets(
    logits: Iterator[Logits],
    coarse: Shape,
    fine: Shape,
    orders: Sequence[int],
) -> Iterator[_Sheet]:
    """Yield the slices of the fine grid on which something may be found."""
    z, y, x = (Axis.between(c, f, order) for c, f, order in zip(coarse, fine, orders, strict=True))
    held: dict[int, tuple[Logits, tuple[int, int, int, int] | None]] = {}
    arrived = -1
    for index in range(fine[0]):
        below, above = int(z.below[index]), int(z.above[index])
        while arrived < above:
            arrived += 1
            arriving = next(logits)
            require_finite(float(arriving.sum()))
            held[arrived] = (arriving, _box(np.asarray((arriving > 0).any(axis=0))))
        for old in [key for key in held if key < below]:
            del held[old]
        boxes = [box for key in {below, above} if (box := held[key][1]) is not None]
        if not boxes:
            continue
        top, left = min(box[0] for box in boxes), min(box[2] for box in boxes)
        bottom, right = max(box[1] for box in boxes), max(box[3] for box in boxes)
        rows, columns = y.within(top, bottom), x.within(left, right)
        if rows.stop == 0 or columns.stop == 0:
            continue
        # One coarse voxel around the box: the other end of every blend that touches it.
        part = (slice(None), slice(max(0, top - 1), bottom + 2), slice(max(0, left - 1), right + 2))
        between = held[below][0][part]
        if z.share[index]:
            between = blended(between, held[above][0][part], z.share[index])
        yield _Sheet(index, rows, columns, between, y.cut(rows, part[1].start), x.cut(columns, part[2].start))
    for _ in logits:  # slices beyond the last that is asked for: the window must be run to its end
        pass


def _stacked(parts: list[tuple[int, int, int, NDArray[np.bool_]]]) -> BoxedMask:
    """One mask of the boxes of its slices, in the order of their indices."""
    if not parts:
        return BoxedMask((0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
    first, last = parts[0][0], parts[-1][0]
    top, left = min(part[1] for part in parts), min(part[2] for part in parts)
    bottom = max(part[1] + part[3].shape[0] for part in parts)
    right = max(part[2] + part[3].shape[1] for part in parts)
    whole = np.zeros((last + 1 - first, bottom - top, right - left), dtype=np.bool_)
    for index, y, x, mask in parts:
        whole[index - first, y - top : y - top + mask.shape[0], x - left : x - left + mask.shape[1]] = mask
    return BoxedMask((first, top, left), whole)


def _box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """First and last row and column that are set, inclusive."""
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return None
    columns = np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
