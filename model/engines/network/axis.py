"""One axis of a coarse grid brought to a fine one: which two coarse places each fine one lies between."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
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
    def spans(self) -> NDArray[np.int32]:
        """(n, 4) runs of fine indices between the same two coarse ones: below, above, first, one past the last."""
        edges = np.flatnonzero((np.diff(self.below) != 0) | (np.diff(self.above) != 0)) + 1
        first, end = np.append(0, edges), np.append(edges, len(self.below))
        return np.stack([self.below[first], self.above[first], first, end], axis=1).astype(np.int32)

    @property
    def near(self) -> NDArray[np.bool_]:
        """Whether a fine index lies nearer to the first of its two coarse ones: its blend is counted from there."""
        return np.asarray(self.share < np.float32(0.5))

    @property
    def weight(self) -> NDArray[np.float32]:
        """Share of the difference of the two coarse values that is added to the nearer one."""
        return np.where(self.near, self.share, self.share - np.float32(1))

    @property
    def reach(self) -> slice:
        """The coarse indices that are used."""
        return slice(int(self.below.min()), int(self.above.max()) + 1)

    def blend(self, logits: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
        """Bring one axis of logits to the fine grid."""
        below = logits.take(self.below, axis=axis)
        if not self.share.any():
            return below
        shape = [1] * logits.ndim
        shape[axis] = -1
        return blended(below, logits.take(self.above, axis=axis), self.share.reshape(shape))


def blended(
    below: NDArray[np.float32], above: NDArray[np.float32], share: NDArray[np.float32] | np.float32
) -> NDArray[np.float32]:
    """Return what lies between two values, counted from the nearer one: so it is never outside them, by no bit."""
    near = share < np.float32(0.5)
    weight = np.where(near, share, share - np.float32(1))
    return np.asarray(np.where(near, below, above) + weight * (above - below))
