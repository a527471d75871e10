"""Logits on a coarse grid to labels on a fine one: slice by slice, and only where a structure can be.

A linear blend of logits has background on top wherever background is on top at all its corners, so what lies
outside the box of the coarse foreground is background without being looked at: exact, and most of the image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model.engines.network.axis import Axis
from model.engines.network.candidates import largest

# With so few classes it is quicker to blend them all.
FEW = 3
Shape = tuple[int, int, int]
Labels = NDArray[np.uint16]


@dataclass(frozen=True)
class Decision:
    """How logits become labels: the largest wins, or (``regions``) each above ``threshold`` overwrites the ones before.

    ``regions`` are the labels of channels 0, 1, …, as nnU-Net's regions_class_order.
    """

    regions: tuple[int, ...] = ()
    threshold: float = 0.0

    def foreground(self, logits: torch.Tensor) -> torch.Tensor:
        """Where (y, x) a structure is, from (classes, y, x)."""
        if self.regions:
            return (logits > self.threshold).any(dim=0)
        return logits[1:].amax(dim=0) > logits[0]

    def labels(self, logits: torch.Tensor) -> NDArray[np.uint16]:
        """(y, x) labels from (classes, y, x)."""
        if not self.regions:
            return logits.argmax(dim=0).to("cpu", torch.int32).numpy().astype(np.uint16)
        found = torch.zeros(logits.shape[1:], dtype=torch.int32, device=logits.device)
        for channel, label in enumerate(self.regions):
            found[logits[channel] > self.threshold] = label
        return found.cpu().numpy().astype(np.uint16)

    def blended(self, logits: torch.Tensor, rows: Axis, columns: Axis) -> NDArray[np.uint16]:
        """(y, x) labels on a fine grid from (classes, y, x) on a coarse one."""
        if not self.regions and logits.shape[0] > FEW:
            return largest(logits, rows, columns)
        return self.labels(columns.blend(rows.blend(logits, 1), 2))


def labels_of(
    logits: Iterator[torch.Tensor], coarse: Shape, fine: Shape, decision: Decision, orders: Sequence[int] = (1, 1, 1)
) -> Labels:
    """(z, y, x) uint16 labels of shape ``fine`` from slices (classes, y, x) of a grid of shape ``coarse``."""
    labels = np.zeros(fine, dtype=np.uint16)
    z, y, x = (Axis.between(c, f, order) for c, f, order in zip(coarse, fine, orders, strict=True))
    held: dict[int, tuple[torch.Tensor, tuple[int, int, int, int] | None]] = {}
    arrived = -1
    for index in range(fine[0]):
        below, above = int(z.below[index]), int(z.above[index])
        while arrived < above:
            arrived += 1
            arriving = next(logits)
            held[arrived] = (arriving, _box(decision.foreground(arriving)))
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
        blend = held[below][0][part]
        if z.share[index]:
            blend = torch.lerp(blend, held[above][0][part], float(z.share[index]))
        labels[index, rows, columns] = decision.blended(
            blend, y.cut(rows, part[1].start), x.cut(columns, part[2].start)
        )
    for _ in logits:  # slices beyond the last that is asked for: the window must be run to its end
        pass
    return labels


def _box(mask: torch.Tensor) -> tuple[int, int, int, int] | None:
    """First and last row and column that are set, inclusive."""
    rows = torch.nonzero(mask.any(dim=1))
    if rows.numel() == 0:
        return None
    columns = torch.nonzero(mask.any(dim=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
