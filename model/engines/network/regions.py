"""Channels that are decided one by one: logits on a coarse grid to masks on a fine one, slice by slice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.engines.network.axis import blended
from model.engines.network.finite import require_finite
from model.engines.network.sheets import Box, Shape, Sheet, sheets

Logits = NDArray[np.float32]


def regions_of(
    logits: Iterator[Logits], coarse: Shape, fine: Shape, channels: int, orders: Sequence[int] = (1, 1, 1)
) -> tuple[BoxedMask, ...]:
    """Return a mask for each channel on a grid of ``fine``: where its own logit is above 0, a probability of one half.

    Channels are decided one by one and may overlap (nnU-Net's region-based training; MONAI's sigmoid). What is held
    grows with what is found and not with channels times voxels.
    """
    found = sheets(logits, coarse, fine, orders, _box, blended)
    return collected(((one.index, one.rows, one.columns, _inside(one)) for one in found), channels)


def collected(slices: Iterator[tuple[int, slice, slice, NDArray[np.bool_]]], channels: int) -> tuple[BoxedMask, ...]:
    """Return the mask of each channel, from what is inside (channels, rows, columns) on each slice."""
    found: list[list[tuple[int, int, int, NDArray[np.bool_]]]] = [[] for _ in range(channels)]
    for index, rows, columns, inside in slices:
        for channel in np.flatnonzero(inside.any(axis=(1, 2))):
            part = BoxedMask.crop(np.ascontiguousarray(inside[channel : channel + 1]))
            _, top, left = part.origin
            found[channel].append((index, rows.start + top, columns.start + left, part.array[0]))
    return tuple(_stacked(one) for one in found)


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


def _inside(one: Sheet[Logits]) -> NDArray[np.bool_]:
    """(channels, rows, columns) on the fine grid."""
    return np.asarray(one.x.blend(one.y.blend(one.logits, 1), 2) > 0)


def _box(logits: Logits) -> Box | None:
    """Return the box of what is above 0 in a channel of a slice."""
    require_finite(float(logits.sum()))
    mask = np.asarray((logits > 0).any(axis=0))
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return None
    columns = np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
