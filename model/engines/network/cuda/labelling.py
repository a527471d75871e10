"""Logits on a device to labels: as model.engines.network.labelling, blended and decided on the device.

All classes are blended: a device does that sooner than it would tell the host which of them can win. Only labels of
two bytes leave it, a slice at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.engines.network.axis import Axis
from model.engines.network.cuda.blend import blend
from model.engines.network.finite import require_finite
from model.engines.network.labelling import Labels, Shape
from model.engines.network.regions import collected

# Blended logits that are on the device at a time, 128 MB of them.
BLENDED = 2**25


def labels_of(logits: Iterator[torch.Tensor], coarse: Shape, fine: Shape, orders: Sequence[int] = (1, 1, 1)) -> Labels:
    """Return the (z, y, x) uint16 label of the largest class on a grid of ``fine``; class 0 is the background.

    The slices (classes, y, x) are those of a grid of ``coarse``.
    """
    labels = np.zeros(fine, dtype=np.uint16)
    for sheet in _sheets(logits, coarse, fine, lambda one: one[1:].amax(dim=0) > one[0], orders):
        labels[sheet.index, sheet.rows, sheet.columns] = _largest(sheet)
    return labels


def regions_of(
    logits: Iterator[torch.Tensor], coarse: Shape, fine: Shape, channels: int, orders: Sequence[int] = (1, 1, 1)
) -> tuple[BoxedMask, ...]:
    """Return a mask for each channel on a grid of ``fine``: where its own logit is above 0, a probability of one half.

    Channels are decided one by one and may overlap (nnU-Net's region-based training; MONAI's sigmoid). What is held
    grows with what is found and not with channels times voxels.
    """
    sheets = _sheets(logits, coarse, fine, lambda one: (one > 0).any(dim=0), orders)
    inside = ((one.index, one.rows, one.columns, (one.blended() > 0).cpu().numpy()) for one in sheets)
    return collected(inside, channels)


@dataclass(frozen=True)
class _Sheet:
    """A slice of the fine grid with the coarse logits (classes, y, x) around what may be found on it."""

    index: int
    rows: slice
    columns: slice
    logits: torch.Tensor
    y: Axis
    x: Axis

    def blended(self) -> torch.Tensor:
        """(classes, rows, columns) logits on the fine grid."""
        return blend(blend(self.logits, self.y, 1), self.x, 2)


def _largest(sheet: _Sheet) -> NDArray[np.uint16]:
    """(rows, columns) number of the largest class, in bands of rows that fit into memory."""
    classes, columns, rows = sheet.logits.shape[0], len(sheet.x.below), len(sheet.y.below)
    step = max(1, BLENDED // (classes * columns))
    bands = []
    for first in range(0, rows, step):
        band = blend(blend(sheet.logits, sheet.y.cut(slice(first, first + step)), 1), sheet.x, 2)
        bands.append(band.argmax(dim=0).to(torch.int16))
    return np.asarray(torch.cat(bands).cpu().numpy().astype(np.uint16))


def _sheets(
    logits: Iterator[torch.Tensor],
    coarse: Shape,
    fine: Shape,
    foreground: Callable[[torch.Tensor], torch.Tensor],
    orders: Sequence[int],
) -> Iterator[_Sheet]:
    """Yield the slices of the fine grid on which something may be found.

    ``foreground`` is (classes, y, x) to (y, x).
    """
    z, y, x = (Axis.between(c, f, order) for c, f, order in zip(coarse, fine, orders, strict=True))
    held: dict[int, tuple[torch.Tensor, tuple[int, int, int, int] | None]] = {}
    arrived = -1
    for index in range(fine[0]):
        below, above = int(z.below[index]), int(z.above[index])
        while arrived < above:
            arrived += 1
            arriving = next(logits)
            require_finite(float(arriving.sum()))
            held[arrived] = (arriving, _box(foreground(arriving)))
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
            between = torch.lerp(between, held[above][0][part], float(z.share[index]))
        yield _Sheet(index, rows, columns, between, y.cut(rows, part[1].start), x.cut(columns, part[2].start))
    for _ in logits:  # slices beyond the last that is asked for: the window must be run to its end
        pass


def _box(mask: torch.Tensor) -> tuple[int, int, int, int] | None:
    """First and last row and column that are set, inclusive."""
    rows = torch.nonzero(mask.any(dim=1))
    if rows.numel() == 0:
        return None
    columns = torch.nonzero(mask.any(dim=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
