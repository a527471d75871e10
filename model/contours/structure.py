"""One drawn structure: a mask in its own box, so that memory follows the labels and not structures × voxels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model.contours import kernel
from model.contours.counts import Counts, counts_of
from model.contours.voxels import Voxels


@dataclass(frozen=True)
class BoxedMask:
    """A boolean mask cropped to a box: ``array`` is (slice, row, column), ``origin`` its first voxel's index."""

    origin: tuple[int, int, int]
    array: NDArray[np.bool_]

    @classmethod
    def crop(cls, mask: NDArray[np.bool_], origin: tuple[int, int, int] = (0, 0, 0), *, copy: bool = True) -> BoxedMask:
        """Crop a (slice, row, column) mask to what is set in it; an empty mask becomes a box of size 0.

        Without ``copy`` the box is a view that keeps ``mask`` alive.
        """
        box = _bounds(mask)
        if box is None:
            return cls((0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
        z0, z1, y0, y1, x0, x1 = box
        part = mask[z0:z1, y0:y1, x0:x1]
        return cls((origin[0] + z0, origin[1] + y0, origin[2] + x0), part.copy() if copy else part)

    @classmethod
    def taken(
        cls, mask: NDArray[np.bool_], limit: tuple[int, ...], origin: tuple[int, int, int] = (0, 0, 0)
    ) -> BoxedMask:
        """Crop a mask that nobody else uses, in its own memory, which may be most of what a machine has.

        Only voxels below ``limit`` (slices, rows, columns) count; ``mask`` is nothing any more afterwards.
        """
        if not (mask.flags.owndata and mask.flags.c_contiguous):
            return cls.crop(mask[: limit[0], : limit[1], : limit[2]], origin)
        box = _bounds(mask[: limit[0], : limit[1], : limit[2]])
        if box is None:
            return cls((0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
        z0, z1, y0, y1, x0, x1 = box
        shape = (z1 - z0, y1 - y0, x1 - x0)
        flat, size = mask.reshape(-1), shape[1] * shape[2]
        for index in range(shape[0]):
            # Never beyond what was read already: the box begins at or after where its slices move to.
            flat[index * size : (index + 1) * size] = mask[z0 + index, y0:y1, x0:x1].ravel()
        del flat
        mask.resize(shape, refcheck=False)
        return cls((origin[0] + z0, origin[1] + y0, origin[2] + x0), mask)

    def full(self, shape: tuple[int, int, int]) -> NDArray[np.bool_]:
        """Return the mask in a whole (slice, row, column) array of ``shape``."""
        whole = np.zeros(shape, dtype=np.bool_)
        z, y, x = self.origin
        d, h, w = self.shape
        whole[z : z + d, y : y + h, x : x + w] = self.array
        return whole

    @property
    def shape(self) -> tuple[int, int, int]:
        """Slices, rows and columns of the box."""
        slices, rows, columns = self.array.shape
        return slices, rows, columns

    @property
    def voxels(self) -> Voxels:
        """What is set, for those who need no array of it."""
        return Voxels(np.asarray(self.array, dtype=np.bool_))

    @cached_property
    def counts(self) -> Counts:
        """Voxels of each slice, row and column, counted once."""
        return counts_of(self.voxels)

    @property
    def empty(self) -> bool:
        """Whether no voxel is set."""
        return not bool(self.array.any())


def _bounds(mask: NDArray[np.bool_]) -> tuple[int, ...] | None:
    """First and one past last index of what is set, for each axis; None when nothing is."""
    if kernel.KERNEL is not None and mask.flags.c_contiguous and mask.dtype == np.bool_:
        found: tuple[int, ...] | None = kernel.KERNEL.bounds(mask, *mask.shape)
        return found
    spans: list[int] = []
    rest = mask
    for axis in range(3):
        # Slices first: what is cut off there is not looked at again.
        others = tuple(other for other in range(3) if other != axis)
        hits = np.flatnonzero(rest.any(axis=others))
        if hits.size == 0:
            return None
        spans += [int(hits[0]), int(hits[-1]) + 1]
        rest = np.moveaxis(np.moveaxis(rest, axis, 0)[spans[-2] : spans[-1]], 0, axis)
    return tuple(spans)


@dataclass(frozen=True)
class Structure:
    """One organ as drawn by an engine: its label (the engine's own name), its mask, and what is said about it.

    ``flags`` are findings of the quality checks, each a short phrase; a structure with flags is stored as flagged.
    """

    label: str
    mask: BoxedMask
    flags: tuple[str, ...] = ()
