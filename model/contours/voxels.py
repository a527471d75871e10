"""The voxels of a structure as the compiled part reads them: a mask, or numbers of a label map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Numbers that a label map can hold.
MOST = 65536


@dataclass(frozen=True)
class Voxels:
    """Set is what is one of ``numbers``, or without them what is not 0.

    ``array`` is (slice, row, column), of any strides: bool without numbers, uint8 or uint16 with them.
    """

    array: NDArray[np.bool_] | NDArray[np.unsignedinteger]
    numbers: NDArray[np.uint16] | None = None

    def mask(self) -> NDArray[np.bool_]:
        """Return what is set as (slice, row, column) bool; an array of its own for labels."""
        if self.numbers is None:
            return np.asarray(self.array, dtype=np.bool_)
        found = np.empty(self.array.shape, dtype=np.bool_)
        if len(self.numbers) == 1:
            np.equal(self.array, self.numbers[0], out=found)
        else:
            wanted = np.zeros(MOST, dtype=np.bool_)
            wanted[self.numbers] = True
            np.take(wanted, self.array, out=found)
        return found

    def part(self, *steps: slice) -> Voxels:
        """Return some slices, rows and columns, as a view."""
        return Voxels(self.array[steps], self.numbers)
