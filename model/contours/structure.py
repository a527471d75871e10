"""One drawn structure: a mask in its own box, so that memory follows the labels and not structures × voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class BoxedMask:
    """A boolean mask cropped to a box: ``array`` is (slice, row, column), ``origin`` its first voxel's index."""

    origin: tuple[int, int, int]
    array: NDArray[np.bool_]

    @classmethod
    def crop(cls, mask: NDArray[np.bool_], origin: tuple[int, int, int] = (0, 0, 0)) -> BoxedMask:
        """Crop a (slice, row, column) mask to what is set in it; an empty mask becomes a box of size 0."""
        spans = []
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            hits = np.flatnonzero(mask.any(axis=others))
            if hits.size == 0:
                return cls((0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
            spans.append((int(hits[0]), int(hits[-1]) + 1))
        (z0, z1), (y0, y1), (x0, x1) = spans
        return cls(
            (origin[0] + z0, origin[1] + y0, origin[2] + x0),
            np.ascontiguousarray(mask[z0:z1, y0:y1, x0:x1]),
        )

    def full(self, shape: tuple[int, int, int]) -> NDArray[np.bool_]:
        """The mask in a whole (slice, row, column) array of ``shape``."""
        whole = np.zeros(shape, dtype=np.bool_)
        z, y, x = self.origin
        d, h, w = self.array.shape
        whole[z : z + d, y : y + h, x : x + w] = self.array
        return whole

    @property
    def empty(self) -> bool:
        """Whether no voxel is set."""
        return not bool(self.array.any())


@dataclass(frozen=True)
class Structure:
    """One organ as drawn by an engine: its label (the engine's own name), its mask, and what is said about it.

    ``flags`` are findings of the quality checks, each a short phrase; a structure with flags is stored as flagged.
    """

    label: str
    mask: BoxedMask
    flags: tuple[str, ...] = ()
