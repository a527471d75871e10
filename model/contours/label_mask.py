"""A mask that is a number in a label map: made whenever it is asked for, and held by nobody."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask


class LabelMask(BoxedMask):
    """The voxels of some numbers in a box of a label map (slice, row, column); the map must not change any more."""

    _inside: NDArray[np.unsignedinteger]
    _numbers: tuple[int, ...]

    def __init__(
        self, labels: NDArray[np.unsignedinteger], box: tuple[slice, slice, slice], numbers: Sequence[int]
    ) -> None:
        """``box`` is the smallest that holds the numbers, of which there is at least one voxel."""
        object.__setattr__(self, "origin", tuple(int(one.start) for one in box))
        object.__setattr__(self, "_inside", labels[box])
        object.__setattr__(self, "_numbers", tuple(numbers))

    @property
    def array(self) -> NDArray[np.bool_]:
        """(slice, row, column) bool, C-contiguous, made anew each time."""
        found = np.empty(self._inside.shape, dtype=np.bool_)
        np.equal(self._inside, self._numbers[0], out=found)
        for number in self._numbers[1:]:
            found |= self._inside == number
        return found

    @property
    def empty(self) -> bool:
        """Never: a number that is nowhere has no box."""
        return False

    @property
    def voxels(self) -> int:
        """Voxels of the box, which is what the array would take."""
        return int(self._inside.size)

    def held(self) -> BoxedMask:
        """Return the same as an array of its own."""
        return BoxedMask(self.origin, self.array)
