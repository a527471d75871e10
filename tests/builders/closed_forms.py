"""Shapes as people draw them, contours on slices, whose distances to each other are known: balls and blocks.

Answers come from the formulas of distances to spheres and rectangles, integrated over the other surface; no mask and no
contour takes part in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.compare.shape import RoiShape
from model.rtstruct.planes import place
from model.series.geometry import SeriesGeometry
from tests.builders import series

Points = NDArray[np.float64]
Triple = tuple[float, float, float]

# Contours are written with two decimals, as most planning systems do.
DECIMALS = 2
SIZE_MM = 100.0


@dataclass(frozen=True)
class Ball:
    """A sphere's surface; as contours, the circles in which axial slices cut it."""

    centre: Triple
    radius: float

    def contours(self, geometry: SeriesGeometry) -> list[Points]:
        """Closed contours, (n, 3) LPS mm each, points about 0.7 mm apart."""
        found = []
        for height in geometry.positions[:, 2]:
            square = self.radius**2 - (height - self.centre[2]) ** 2
            if square > 0:
                found.append(circle((self.centre[0], self.centre[1], float(height)), float(np.sqrt(square))))
        return found

    def samples(self) -> tuple[Points, Points]:
        """Points spread evenly over the surface, (n, 3), and the area of each, (n,)."""
        count = 40_000
        number = np.arange(count) + 0.5
        height, turn = 1 - 2 * number / count, np.pi * (1 + np.sqrt(5)) * number
        around = np.sqrt(1 - height**2)
        unit = np.column_stack([around * np.cos(turn), around * np.sin(turn), height])
        return np.array(self.centre) + self.radius * unit, np.full(count, 4 * np.pi * self.radius**2 / count)

    def distance(self, points: Points) -> Points:
        """(n,) mm to the surface."""
        return np.asarray(np.abs(np.linalg.norm(points - np.array(self.centre), axis=1) - self.radius))


@dataclass(frozen=True)
class Block:
    """A box's surface; as contours, the rectangles in which axial slices cut it. Its upper end belongs to no slice."""

    low: Triple
    size: Triple

    def contours(self, geometry: SeriesGeometry) -> list[Points]:
        """Closed contours, (4, 3) LPS mm each."""
        (x, y, z), (along, across, up) = self.low, self.size
        corners = np.array([(x, y), (x + along, y), (x + along, y + across), (x, y + across)])
        heights = [float(height) for height in geometry.positions[:, 2] if z <= height < z + up]
        return [np.column_stack([corners, np.full(4, height)]) for height in heights]

    def samples(self) -> tuple[Points, Points]:
        """Points spread evenly over the six sides, (n, 3), and the area of each, (n,)."""
        count = 90
        steps = (np.arange(count) + 0.5) / count
        points, areas = [], []
        for axis in range(3):
            first, second = (other for other in range(3) if other != axis)
            for end in (0.0, 1.0):
                side = np.full((count * count, 3), end)
                side[:, first], side[:, second] = (grid.ravel() for grid in np.meshgrid(steps, steps))
                points.append(np.array(self.low) + side * np.array(self.size))
                areas.append(np.full(count * count, self.size[first] * self.size[second] / count**2))
        return np.concatenate(points), np.concatenate(areas)

    def distance(self, points: Points) -> Points:
        """(n,) mm to the surface, from within or from outside."""
        half = np.array(self.size) / 2
        beyond = np.abs(points - np.array(self.low) - half) - half
        outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=1)
        return np.asarray(np.where((beyond < 0).all(axis=1), -beyond.max(axis=1), outside))


Surface = Ball | Block


@dataclass(frozen=True)
class Answer:
    """What is true of two surfaces, mm."""

    hausdorff: float
    hausdorff95: float
    mean: float
    surface_dice: float


@dataclass(frozen=True)
class Case:
    """Two shapes, each of surfaces that do not cross: what one surface within another encloses is no part of it."""

    name: str
    reference: tuple[Surface, ...]
    other: tuple[Surface, ...]
    tolerance: float = 2.0

    def drawn(self, geometry: SeriesGeometry) -> tuple[RoiShape, RoiShape]:
        """Return both as ROIs of a series."""
        return roi(self.reference, geometry), roi(self.other, geometry)

    def answer(self) -> Answer:
        """Integrate the distances of both surfaces."""
        there, back = _measured(self.reference, self.other), _measured(self.other, self.reference)
        far, area = np.concatenate([there[0], back[0]]), np.concatenate([there[1], back[1]])
        within = far <= self.tolerance + 1e-9
        return Answer(
            float(far.max()),
            max(_percentile(*there), _percentile(*back)),
            float(far @ area / area.sum()),
            float(area[within].sum() / area.sum()),
        )


def _measured(surfaces: Sequence[Surface], others: Sequence[Surface]) -> tuple[Points, Points]:
    samples = [surface.samples() for surface in surfaces]
    points, areas = (np.concatenate(column) for column in zip(*samples, strict=True))
    return np.min([other.distance(points) for other in others], axis=0), areas


def _percentile(distances: Points, areas: Points) -> float:
    order = np.argsort(distances)
    below = np.cumsum(areas[order])
    return float(distances[order[np.searchsorted(below, 0.95 * below[-1])]])


def roi(surfaces: Iterable[Surface], geometry: SeriesGeometry) -> RoiShape:
    """Return an ROI of the contours of some surfaces."""
    return drawn([contour for surface in surfaces for contour in surface.contours(geometry)], geometry)


def drawn(contours: Iterable[Points], geometry: SeriesGeometry) -> RoiShape:
    """Return an ROI of closed contours, each (n, 3) LPS mm."""
    kept = [np.round(contour, DECIMALS) for contour in contours]
    lengths = np.array([len(contour) for contour in kept], dtype=np.int32)
    placed = place(np.concatenate(kept) if kept else np.zeros((0, 3)), lengths, geometry)
    assert placed is not None
    return RoiShape(placed.mask, placed.contours)


def circle(centre: Triple, radius: float) -> Points:
    """Points on a circle of an axial slice, about 0.7 mm apart."""
    angles = np.linspace(0.0, 2 * np.pi, max(12, int(2 * np.pi * radius / 0.7)), endpoint=False)
    rim = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(len(angles))])
    return np.asarray(rim * radius + np.array(centre), dtype=np.float64)


def grid(step: float, pixel: float, shift: float = 0.0) -> SeriesGeometry:
    """Axial slices around the origin, a cube of 100 mm; ``shift`` moves the slices against it."""
    count, pixels = int(SIZE_MM / step), int(SIZE_MM / pixel)
    offsets = tuple(step * number for number in range(count))
    origin = (-SIZE_MM / 2, -SIZE_MM / 2, shift - SIZE_MM / 2)
    plan = series.SeriesPlan(shape=(pixels, pixels), offsets=offsets, spacing=(pixel, pixel), origin=origin)
    return series.geometry(plan)


def cases(step: float, pixel: float) -> tuple[Case, ...]:
    """Pairs of shapes for ``grid(step, pixel)``; blocks lie on the edges of its voxels, which is best for masks."""
    edge = -SIZE_MM / 2 + pixel * round(35 / pixel) - pixel / 2
    low = (edge, edge, -SIZE_MM / 2 + step * round(35 / step) - step / 2)
    size = (pixel * round(30 / pixel), pixel * round(30 / pixel), step * round(30 / step))
    aside, up = 4 * pixel, step * round(6 / step)
    far = (low[0] + aside + 40, low[1], low[2])
    small = (pixel * round(10 / pixel), size[1], size[2])
    block, ball = Block(low, size), Ball((0, 0, 0), 20)
    return (
        Case("box, moved on the slice", (block,), (Block((low[0] + aside, low[1], low[2]), size),)),
        Case("box, moved along the slices", (block,), (Block((low[0], low[1], low[2] + up), size),)),
        Case(
            "two boxes, one moved",
            (block, Block(far, small)),
            (block, Block((far[0] + aside / 2, far[1], far[2]), small)),
        ),
        Case("ball, moved on the slice", (ball,), (Ball((6, 0, 0), 20),)),
        Case("ball, moved along the slices", (ball,), (Ball((0, 0, 6), 20),)),
        Case("ball in a ball 2 mm larger", (ball,), (Ball((0, 0, 0), 22),)),
        Case("shell, its hole 3 mm larger", (ball, Ball((0, 0, 0), 10)), (ball, Ball((0, 0, 0), 13))),
    )
