"""Slices that lie beside the line of the others are told, and do not turn the grid of the whole series."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.series.geometry import SeriesGeometry, geometry_of
from model.series.header import SliceHeader
from model.series.line import beside, sideways
from model.volume.patient_axes import axes_of

COUNT, STEP = 24, 5.0


def stack(place: Callable[[int], tuple[float, float]], count: int = COUNT, digits: int = 6) -> SeriesGeometry:
    """Axial slices with pixels of 2 mm, each at its own x and y."""
    common = {
        "SOPClassUID": "2.25.1",
        "StudyInstanceUID": "2.25.2",
        "SeriesInstanceUID": "2.25.3",
        "FrameOfReferenceUID": "2.25.4",
        "Modality": "CT",
        "ImageOrientationPatient": "1\\0\\0\\0\\1\\0",
        "PixelSpacing": "2\\2",
        "Rows": "64",
        "Columns": "64",
    }
    return geometry_of(
        SliceHeader.from_texts(
            common
            | {
                "SOPInstanceUID": f"2.25.5{index}",
                "ImagePositionPatient": "\\".join(f"{value:.{digits}f}" for value in (*place(index), STEP * index)),
            }
        )
        for index in range(count)
    )


@pytest.mark.parametrize("moved", [[0, 1], [22, 23], [11], [0], [23], [5, 6, 7, 8, 9]])
@pytest.mark.parametrize("millimetres", [1.5, -40.0])
def test_slices_moved_sideways_are_counted_and_the_axes_stay(moved: list[int], millimetres: float) -> None:
    geometry = stack(lambda index: (-60.0 + millimetres * (index in moved), -60.0))
    said = sideways(geometry)
    assert said is not None
    assert said.startswith(f"{len(moved)} slice(s) lie up to {abs(millimetres):.1f} mm beside")
    assert np.allclose(axes_of(geometry)[:, 0], (0.0, 0.0, STEP))


def test_half_of_the_slices_elsewhere_is_told() -> None:
    assert sideways(stack(lambda index: (-60.0 + 40.0 * (index >= COUNT // 2), -60.0))) is not None


@given(lean=st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6)), digits=st.integers(1, 4), count=st.integers(1, 40))
def test_a_tilted_gantry_and_rounded_positions_raise_no_alarm(
    lean: tuple[float, float], digits: int, count: int
) -> None:
    geometry = stack(lambda index: (lean[0] * STEP * index, lean[1] * STEP * index), count, digits)
    assert sideways(geometry) is None
    assert float(beside(geometry).max()) <= 0.2
