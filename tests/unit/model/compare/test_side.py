"""Over- and under-contoured: the side of a box that was moved is that of its closed form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model.compare.metrics import metrics_of
from model.compare.shape import RoiShape
from model.rtstruct.planes import place
from model.series.geometry import SeriesGeometry
from tests.builders import series

PLANS = {
    "axial": replace(series.GEOMETRIES["axial"], offsets=tuple(3.0 * n for n in range(10))),
    "oblique": replace(series.GEOMETRIES["oblique"], offsets=tuple(3.0 * n for n in range(10))),
}


def box(geometry: SeriesGeometry, columns: tuple[float, float], rows: tuple[float, float]) -> RoiShape:
    """A box over the slices from 2 to 7, between columns and rows."""
    found = []
    for plane in geometry.planes[2:8]:
        down = np.array(plane.column_direction) * plane.spacing[0]
        along = np.array(plane.row_direction) * plane.spacing[1]
        corners = [(columns[0], rows[0]), (columns[1], rows[0]), (columns[1], rows[1]), (columns[0], rows[1])]
        found.append(np.array([np.array(plane.position) + x * along + y * down for x, y in corners]))
    placed = place(np.concatenate(found), np.full(6, 4, dtype=np.int32), geometry)
    assert placed is not None
    return RoiShape(placed.mask, placed.contours)


@pytest.mark.parametrize("name", PLANS)
def test_the_side_of_a_box_that_was_moved_is_that_of_its_closed_form(name: str) -> None:
    geometry = series.geometry(PLANS[name])
    down, along = geometry.common.spacing
    a, b, c, s = 20 * along, 16 * down, 18.0, 2 * along
    ours, theirs = box(geometry, (9.5, 29.5), (9.5, 25.5)), box(geometry, (11.5, 31.5), (9.5, 25.5))
    found = metrics_of(ours, theirs, geometry, 2.0)
    # What it left lies outside by up to s; what it entered lies inside, by s or less near the edges.
    assert found.side == pytest.approx((4 * s**3 / 3 - 2 * s**2 * (b + c)) / (2 * (a * b + a * c + b * c)), rel=0.02)
