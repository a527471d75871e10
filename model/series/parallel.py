"""Which planes are those of one volume: directions and pixel spacing alike, in mm over the extent of the image.

Scanners write the same plane with digits that differ, and a number alone says nothing: 0.0002 in a direction cosine is
0.1 mm at the far edge of an image of 500 mm. So planes are held against their common one (the median of each value,
which no odd slice moves), never against the first that came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vector = tuple[float, float, float]
# Far edges further from the common plane's than this part of a pixel show another place: two slices, one on either side
# of it, are then half a pixel apart. A tenth of a millimetre is nothing, unless pixels are as small as that.
TOLERANCE_PIXELS, NOTHING_MM, MOST_PIXELS = 0.25, 0.1, 0.5
ROUNDS = 8


class Plane(Protocol):
    """Directions and pixel spacing of one slice, as SlicePlane has them."""

    @property
    def row_direction(self) -> Vector:
        """Direction cosines along a row."""

    @property
    def column_direction(self) -> Vector:
        """Direction cosines along a column."""

    @property
    def spacing(self) -> tuple[float, float]:
        """Distance of rows, then of columns, in mm."""


@dataclass(frozen=True, slots=True)
class _Planes:
    """``directions`` (n, 2, 3) along a row and along a column, ``spacings`` (n, 2) mm between (rows, columns)."""

    directions: NDArray[np.float64]
    spacings: NDArray[np.float64]
    rows: int
    columns: int

    def fit(self, members: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(n,) bool: which of all planes are like the common one of the members."""
        direction = np.median(self.directions[members], axis=0)
        spacing = np.median(self.spacings[members], axis=0)
        counts = np.array([self.rows, self.columns], dtype=np.float64)
        # A row is as long as there are columns.
        lengths = (counts * spacing)[::-1]
        turned = np.linalg.norm(self.directions - direction, axis=2) * lengths
        stretched = np.abs(self.spacings - spacing) * counts
        apart = np.maximum(turned.max(axis=1), stretched.max(axis=1))
        pixel = float(spacing.min())
        tolerance = min(max(TOLERANCE_PIXELS * pixel, NOTHING_MM), MOST_PIXELS * pixel)
        return np.asarray(apart <= tolerance, dtype=np.bool_)


def alike(planes: Sequence[Plane], rows: int, columns: int) -> bool:
    """Whether all planes, of images of ``rows`` × ``columns``, are those of one volume."""
    return bool(_planes(planes, rows, columns).fit(np.arange(len(planes))).all())


def groups(planes: Sequence[Plane], rows: int, columns: int) -> list[list[int]]:
    """Return indices of the planes that belong together, each group held against its own common plane.

    Groups come in the order of their first members.
    """
    everything = _planes(planes, rows, columns)
    left = np.arange(len(planes))
    found = []
    while len(left):
        members = left[:1]
        for _ in range(ROUNDS):
            like = left[everything.fit(members)[left]]
            if np.array_equal(like, members):
                break
            # From an outlying first member the common plane moves to the middle of its group.
            members = like if len(like) else left[:1]
        if left[0] not in members:
            # The middle moved away from the plane that it began with: that one is for itself.
            members = left[:1]
        found.append([int(index) for index in members])
        left = np.setdiff1d(left, members)
    return found


def _planes(planes: Sequence[Plane], rows: int, columns: int) -> _Planes:
    directions = np.array([(plane.row_direction, plane.column_direction) for plane in planes], dtype=np.float64)
    spacings = np.array([plane.spacing for plane in planes], dtype=np.float64)
    return _Planes(directions.reshape(-1, 2, 3), spacings.reshape(-1, 2), rows, columns)
