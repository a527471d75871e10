"""Logits on a device to labels: as model.engines.network.labelling, blended and decided on the device.

All classes are blended: a device does that sooner than it would tell the host which of them can win. Only labels of
two bytes leave it, a slice at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.engines.network.cuda.blend import blend
from model.engines.network.cuda.leaving import brought_back
from model.engines.network.finite import require_finite
from model.engines.network.labelling import Labels, Shape
from model.engines.network.regions import collected
from model.engines.network.sheets import Box, Sheet, sheets

# Blended logits that are on the device at a time, 128 MB of them.
BLENDED = 2**25


def labels_of(logits: Iterator[torch.Tensor], coarse: Shape, fine: Shape, orders: Sequence[int] = (1, 1, 1)) -> Labels:
    """Return the (z, y, x) uint16 label of the largest class on a grid of ``fine``; class 0 is the background.

    The slices (classes, y, x) are those of a grid of ``coarse``.
    """
    labels = np.zeros(fine, dtype=np.uint16)
    found = sheets(logits, coarse, fine, orders, lambda one: _box(one, one[1:].amax(dim=0) > one[0]), _between)
    for (index, rows, columns), largest in brought_back((_place(one), _largest(one)) for one in found):
        labels[index, rows, columns] = largest
    return labels


def regions_of(
    logits: Iterator[torch.Tensor], coarse: Shape, fine: Shape, channels: int, orders: Sequence[int] = (1, 1, 1)
) -> tuple[BoxedMask, ...]:
    """Return a mask for each channel on a grid of ``fine``: where its own logit is above 0, a probability of one half.

    Channels are decided one by one and may overlap (nnU-Net's region-based training; MONAI's sigmoid). What is held
    grows with what is found and not with channels times voxels.
    """
    found = sheets(logits, coarse, fine, orders, lambda one: _box(one, (one > 0).any(dim=0)), _between)
    return collected(((*_place(one), _inside(one)) for one in found), channels)


def _place(sheet: Sheet[torch.Tensor]) -> tuple[int, slice, slice]:
    return sheet.index, sheet.rows, sheet.columns


def _between(below: torch.Tensor, above: torch.Tensor, share: np.float32) -> torch.Tensor:
    return torch.lerp(below, above, float(share))


def _inside(sheet: Sheet[torch.Tensor]) -> NDArray[np.bool_]:
    """(channels, rows, columns) on the fine grid."""
    inside: NDArray[np.bool_] = (blend(blend(sheet.logits, sheet.y, 1), sheet.x, 2) > 0).cpu().numpy()
    return inside


def _largest(sheet: Sheet[torch.Tensor]) -> torch.Tensor:
    """(rows, columns) number of the largest class, in bands of rows that fit into memory; two bytes each."""
    classes, columns, rows = sheet.logits.shape[0], len(sheet.x.below), len(sheet.y.below)
    step = max(1, BLENDED // (classes * columns))
    bands = []
    for first in range(0, rows, step):
        band = blend(blend(sheet.logits, sheet.y.cut(slice(first, first + step)), 1), sheet.x, 2)
        bands.append(band.argmax(dim=0).to(torch.int16))  # classes are at most 1024
    return torch.cat(bands)


def _box(logits: torch.Tensor, mask: torch.Tensor) -> Box | None:
    """Return the box of what is set in a mask of a slice, and see that the logits are numbers, in one answer."""
    rows, columns = mask.any(dim=1), mask.any(dim=0)
    ends = [_first(line) for line in (rows, rows.flip(0), columns, columns.flip(0))]
    told = torch.stack([one.to(torch.float64) for one in (logits.sum(), rows.any(), *ends)])
    total, some, top, below, left, beside = told.tolist()
    require_finite(total)
    if not some:
        return None
    return int(top), len(rows) - 1 - int(below), int(left), len(columns) - 1 - int(beside)


def _first(line: torch.Tensor) -> torch.Tensor:
    """Return the index of the first that is set."""
    return line.to(torch.uint8).argmax()
