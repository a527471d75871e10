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


@dataclass(frozen=True)
class Axis:
    """For each fine index: the two coarse ones that it lies between, and the share of the second."""

    below: NDArray[np.int64]
    above: NDArray[np.int64]
    share: NDArray[np.float32]

    @classmethod
    def between(cls, coarse: int, fine: int, order: int) -> Axis:
        """``order`` 1 is linear, 0 the nearest; edges repeat; the two grids have the same extent."""
        place = (np.arange(fine) + 0.5) * (coarse / fine) - 0.5
        if order == 0 or coarse == fine:
            near = np.clip(np.floor(place + 0.5).astype(np.int64), 0, coarse - 1)
            return cls(near, near, np.zeros(fine, dtype=np.float32))
        place = np.clip(place, 0, coarse - 1)
        below = np.floor(place).astype(np.int64)
        return cls(below, np.minimum(below + 1, coarse - 1), (place - below).astype(np.float32))

    def within(self, low: int, high: int) -> slice:
        """Fine indices that touch coarse ones from ``low`` to ``high``, inclusive; none on a grid that skips them."""
        touching = np.flatnonzero((self.above >= low) & (self.below <= high))
        if touching.size == 0:
            return slice(0, 0)
        return slice(int(touching[0]), int(touching[-1]) + 1)

    def cut(self, part: slice) -> Axis:
        """The fine indices of ``part``."""
        return Axis(self.below[part], self.above[part], self.share[part])

    def blend(self, logits: torch.Tensor, axis: int) -> torch.Tensor:
        """Bring one axis of logits to the fine grid."""
        below = logits.index_select(axis, torch.from_numpy(self.below).to(logits.device))
        if not self.share.any():
            return below
        above = logits.index_select(axis, torch.from_numpy(self.above).to(logits.device))
        shape = [1] * logits.dim()
        shape[axis] = -1
        return torch.lerp(below, above, torch.from_numpy(self.share).to(logits.device).reshape(shape))


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
        for axis, along, cut, start in ((1, y, rows, part[1].start), (2, x, columns, part[2].start)):
            shorter = along.cut(cut)
            blend = Axis(shorter.below - start, shorter.above - start, shorter.share).blend(blend, axis)
        labels[index, rows, columns] = decision.labels(blend)
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
