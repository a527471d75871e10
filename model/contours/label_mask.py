"""A mask that is some numbers of a label map: read where it lies, and made an array only for those who ask for one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.contours.voxels import Voxels


class LabelMask(BoxedMask):
    """The voxels of some numbers in a part of a label map, which must not change any more."""

    _part: NDArray[np.unsignedinteger]
    _numbers: NDArray[np.uint16]

    def __init__(self, origin: tuple[int, int, int], part: NDArray[np.unsignedinteger], numbers: Sequence[int]) -> None:
        """Take the smallest box (slice, row, column) that holds the numbers, of which there is at least one voxel.

        Args:
            origin: Index of its first voxel in the series.
            part: The box, uint8 or uint16; it keeps the map alive that it is a view of.
            numbers: At least one.
        """
        object.__setattr__(self, "origin", origin)
        object.__setattr__(self, "_part", part)
        object.__setattr__(self, "_numbers", np.array(numbers, dtype=np.uint16))

    @property
    def array(self) -> NDArray[np.bool_]:
        """(slice, row, column) bool, C-contiguous, made anew each time."""
        return self.voxels.mask()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Slices, rows and columns of the box."""
        slices, rows, columns = self._part.shape
        return slices, rows, columns

    @property
    def voxels(self) -> Voxels:
        """The numbers, where they lie."""
        return Voxels(self._part, self._numbers)

    @property
    def empty(self) -> bool:
        """Never: a number that is nowhere has no box."""
        return False
