"""A surface as small rectangles: each has a place, a normal and an area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.compare.frame import Floats


@dataclass(frozen=True)
class Patches:
    """Rectangles of a surface, in (u, v, w) mm.

    ``fields`` is (n, 11) float64: the middle, two unit vectors along the sides, which are at right angles, and half of
    each side; first × second points outwards. ``slices`` is (n,) int32, the slice of the series whose contours made it.
    ``runs`` is (n, 3) int32, of a patch between two slices: the number of the piece of contour from which it runs, -1
    of a lid; by how many slices the next one is on, 0 where there is none; and whether it ends before that, 0 or 1.
    """

    fields: Floats
    slices: NDArray[np.int32]
    runs: NDArray[np.int32]

    @property
    def centre(self) -> Floats:
        """(n, 3) mm."""
        return self.fields[:, :3]

    @property
    def first(self) -> Floats:
        """(n, 3), unit vectors along the first side."""
        return self.fields[:, 3:6]

    @property
    def second(self) -> Floats:
        """(n, 3), unit vectors along the second side."""
        return self.fields[:, 6:9]

    @property
    def halves(self) -> Floats:
        """(n, 2) mm, half of each side."""
        return self.fields[:, 9:]

    @property
    def areas(self) -> Floats:
        """(n,) mm²."""
        return 4 * self.fields[:, 9] * self.fields[:, 10]

    def chosen(self, which: NDArray[np.bool_]) -> Patches:
        """Return the patches that are set in ``which``, (n,) bool."""
        return Patches(self.fields[which], self.slices[which], self.runs[which])

    def __len__(self) -> int:
        return len(self.slices)


def unfilled(slices: NDArray[np.int64] | NDArray[np.int32]) -> Patches:
    """Return as many patches as there are ``slices``, all 0, whose fields are to be written."""
    return Patches(
        np.zeros((len(slices), 11)),
        slices.astype(np.int32),
        np.tile(np.array([-1, 0, 1], dtype=np.int32), (len(slices), 1)),
    )


def together(parts: Sequence[Patches]) -> Patches:
    """Return the patches of several surfaces as those of one."""
    return Patches(
        np.concatenate([part.fields for part in parts]),
        np.concatenate([part.slices for part in parts]),
        np.concatenate([part.runs for part in parts]),
    )
