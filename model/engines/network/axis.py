"""One axis of a coarse grid brought to a fine one: which two coarse places each fine one lies between."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray


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

    def cut(self, part: slice, start: int = 0) -> Axis:
        """Return the fine indices of ``part``, on coarse ones that count from ``start``."""
        return Axis(self.below[part] - start, self.above[part] - start, self.share[part])

    def blocks(self, size: int) -> list[slice]:
        """Return the fine indices, in runs that begin between the same ``size`` coarse ones."""
        edges = np.flatnonzero(np.diff(self.below // size)) + 1
        bounds = [0, *(int(edge) for edge in edges), len(self.below)]
        return [slice(a, b) for a, b in pairwise(bounds)]

    @property
    def reach(self) -> slice:
        """The coarse indices that are used."""
        return slice(int(self.below.min()), int(self.above.max()) + 1)

    def blend(self, logits: torch.Tensor, axis: int) -> torch.Tensor:
        """Bring one axis of logits to the fine grid."""
        below = logits.index_select(axis, torch.from_numpy(self.below).to(logits.device))
        if not self.share.any():
            return below
        above = logits.index_select(axis, torch.from_numpy(self.above).to(logits.device))
        shape = [1] * logits.dim()
        shape[axis] = -1
        return torch.lerp(below, above, torch.from_numpy(self.share).to(logits.device).reshape(shape))
