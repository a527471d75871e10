"""The contours of the kit's shapes: where the slices of a grid cut boxes, spheres and shells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.compare.kit.grids import Grid, Points

# Of the polygon that stands for a circle; it has the circle's area.
CORNERS = 180
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Box:
    """From ``low`` to ``high`` in (u, v, w) mm."""

    low: Triple
    high: Triple

    def contours(self, grid: Grid) -> list[Points]:
        """Return the rectangles on the slices that lie in it."""
        (u0, v0, w0), (u1, v1, w1) = self.low, self.high
        corners = np.array([(u0, v0), (u1, v0), (u1, v1), (u0, v1)])
        return [_on(corners, offset) for offset in grid.offsets if w0 < offset < w1]


@dataclass(frozen=True)
class Sphere:
    """Around ``centre`` in (u, v, w) mm."""

    centre: Triple
    radius: float

    def contours(self, grid: Grid) -> list[Points]:
        """Return the circles in which the slices cut it."""
        u, v, w = self.centre
        squares = ((offset, self.radius**2 - (offset - w) ** 2) for offset in grid.offsets)
        return [_on(_circle(u, v, float(np.sqrt(square))), offset) for offset, square in squares if square > 0]


@dataclass(frozen=True)
class Shell:
    """A sphere without a smaller one in its middle; ``keyholes`` joins the two circles of a slice to one contour."""

    outer: Sphere
    inner: Sphere
    keyholes: bool = False

    def contours(self, grid: Grid) -> list[Points]:
        """Rims and holes."""
        holes = {float(hole[0, 2]): hole for hole in self.inner.contours(grid)}
        found = []
        for rim in self.outer.contours(grid):
            hole = holes.get(float(rim[0, 2]))
            if hole is None:
                found.append(rim)
            elif self.keyholes:
                found.append(np.concatenate([rim, rim[:1], hole[::-1][-1:], hole[::-1]]))
            else:
                found += [rim, hole]
        return found


@dataclass(frozen=True)
class Several:
    """Shapes that do not touch, in one ROI."""

    parts: tuple[Box, ...]

    def contours(self, grid: Grid) -> list[Points]:
        """Return the contours of all."""
        return [contour for part in self.parts for contour in part.contours(grid)]


@dataclass(frozen=True)
class Without:
    """A box from which the slices nearest to some places on w were erased."""

    box: Box
    erased: tuple[float, ...]

    def contours(self, grid: Grid) -> list[Points]:
        """Return the contours that are left."""
        gone = {min(grid.offsets, key=lambda offset: abs(offset - place)) for place in self.erased}
        return [contour for contour in self.box.contours(grid) if float(contour[0, 2]) not in gone]


Shape = Box | Sphere | Shell | Several | Without


def _circle(u: float, v: float, radius: float) -> Points:
    angles = np.linspace(0.0, 2 * np.pi, CORNERS, endpoint=False)
    step = 2 * np.pi / CORNERS
    corner = radius * float(np.sqrt(step / np.sin(step)))
    return np.column_stack([u + corner * np.cos(angles), v + corner * np.sin(angles)])


def _on(corners: Points, offset: float) -> Points:
    return np.column_stack([corners, np.full(len(corners), offset)])
