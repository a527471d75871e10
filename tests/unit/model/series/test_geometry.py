"""Geometry from all slices: order, gaps, thicknesses, localizers, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model.errors import InputRefused
from model.series.geometry import SeriesGeometry, geometry_of, is_localizer, require_whole
from model.series.header import SliceHeader
from model.series.line import NOTHING_MM, sideways
from tests.builders import series


def headers(name: str = "axial") -> list[SliceHeader]:
    return [SliceHeader.from_dataset(dataset) for dataset in series.headers(series.GEOMETRIES[name])]


@pytest.mark.parametrize("name", series.GEOMETRIES)
def test_slices_are_in_the_order_of_their_positions_however_they_arrive(name: str) -> None:
    plan = series.GEOMETRIES[name]
    geometry = series.geometry(plan)
    assert [plane.sop_instance_uid for plane in geometry.planes] == list(series.uids_in_order(plan))
    assert np.allclose(np.diff(geometry.offsets), np.diff(plan.offsets))
    assert geometry.shape == (len(plan.offsets), *plan.shape)


@pytest.mark.parametrize(
    ("name", "orientation"),
    [("axial", "AXIAL"), ("axial, prone", "AXIAL"), ("sagittal", "SAGITTAL"), ("coronal", "CORONAL")],
)
def test_orientation_is_named(name: str, orientation: str) -> None:
    assert series.geometry(series.GEOMETRIES[name]).orientation == orientation


def test_gantry_tilt_is_measured() -> None:
    tilt = series.geometry(series.GEOMETRIES["gantry tilt"]).tilt_degrees
    assert tilt == pytest.approx(np.degrees(np.arctan(0.4)))
    assert series.geometry(series.GEOMETRIES["axial"]).tilt_degrees == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", series.GEOMETRIES)
def test_slices_lie_above_each_other_or_sheared_unless_one_is_moved_aside(name: str) -> None:
    geometry = series.geometry(series.GEOMETRIES[name])
    assert sideways(geometry) is None
    if len(geometry.planes) > 3:
        planes = list(geometry.planes)
        aside = max(2 * geometry.common.spacing[1], 2 * NOTHING_MM)
        moved = np.array(planes[2].position) + aside * geometry.common.row_direction
        planes[2] = replace(planes[2], position=(float(moved[0]), float(moved[1]), float(moved[2])))
        assert sideways(replace(geometry, planes=tuple(planes))) is not None


def test_missing_slices_are_found_and_refused_where_a_whole_series_is_needed() -> None:
    geometry = series.geometry(series.GEOMETRIES["missing slices"])
    (gap,) = geometry.gaps
    assert gap.after == 3
    assert np.allclose(np.array(gap.offsets) - geometry.offsets[0], [12, 15, 18])
    with pytest.raises(InputRefused, match="GEOMETRY_GAP"):
        require_whole(geometry)


def test_a_slice_stands_for_half_the_way_to_its_neighbours_and_never_for_a_gap() -> None:
    assert series.geometry(series.GEOMETRIES["axial"]).thicknesses.tolist() == [3.0] * 8
    assert series.geometry(series.GEOMETRIES["missing slices"]).thicknesses.tolist() == [3.0] * 8
    uneven = replace(series.GEOMETRIES["axial"], offsets=(0.0, 2.0, 5.0, 7.0))
    assert np.allclose(series.geometry(uneven).thicknesses, [2.0, 2.5, 2.5, 2.0])


def test_a_single_slice_has_the_thickness_of_its_header() -> None:
    assert series.geometry(series.GEOMETRIES["single slice"]).thicknesses.tolist() == [3.0]


def test_localizers_are_left_out_and_said() -> None:
    geometry = series.geometry(series.GEOMETRIES["with localizer"])
    assert len(geometry.planes) == 8
    assert [one.reason for one in geometry.left_out] == ["localizer"]


def test_the_nearest_slice_is_found_for_any_height() -> None:
    geometry: SeriesGeometry = series.geometry(series.GEOMETRIES["uneven spacing"])
    heights = np.linspace(geometry.offsets[0] - 5, geometry.offsets[-1] + 5, 200)
    distances = np.abs(heights[:, None] - geometry.offsets)
    assert np.allclose(distances[np.arange(200), geometry.nearest(heights)], distances.min(axis=1))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"frame_of_reference_uid": "2.25.5"}, "FRAME_OF_REFERENCE"),
        ({"series_uid": "2.25.5"}, "SERIES_MIXED"),
        ({"study_uid": "2.25.5"}, "SERIES_MIXED"),
        ({"rows": "63"}, "GEOMETRY_MIXED"),
        ({"pixel_spacing": ("1.5", "1.6")}, "GEOMETRY_MIXED"),
        ({"orientation": ("0", "1", "0", "0", "0", "-1")}, "GEOMETRY_MIXED"),
        ({"orientation": ("1", "0", "0", "1", "0", "0")}, "GEOMETRY_ORIENTATION"),
        ({"position": ()}, "GEOMETRY_MISSING"),
        ({"position": ("1", "x", "3")}, "GEOMETRY_MISSING"),
        ({"pixel_spacing": ("0", "0")}, "GEOMETRY_SPACING"),
    ],
)
def test_one_slice_that_does_not_fit_is_refused(change: dict[str, object], code: str) -> None:
    slices = headers()
    slices[3] = replace(slices[3], **change)  # type: ignore[arg-type]
    with pytest.raises(InputRefused, match=code):
        geometry_of(slices)


def test_no_frame_of_reference_at_all_is_refused() -> None:
    with pytest.raises(InputRefused, match="FRAME_OF_REFERENCE"):
        geometry_of([replace(header, frame_of_reference_uid="") for header in headers()])


def test_two_slices_at_one_position_are_refused() -> None:
    slices = headers()
    slices[3] = replace(slices[3], position=slices[5].position)
    with pytest.raises(InputRefused, match="SLICES_COINCIDE"):
        geometry_of(slices)


def test_one_slice_sent_twice_under_one_uid_is_refused() -> None:
    slices = headers()
    with pytest.raises(InputRefused, match="SLICE_TWICE"):
        geometry_of([*slices, slices[0]])


def test_nothing_but_localizers_is_refused() -> None:
    with pytest.raises(InputRefused, match="SERIES_EMPTY"):
        geometry_of([header for header in headers("with localizer") if "LOCALIZER" in header.image_type])


@pytest.mark.parametrize(
    "value", ["LOCALIZER", "localiser", "3-PLANE LOC", "SCOUT", "CT_SOM5 TOP", "CT TOPOGRAM", "SURVIEW"]
)
def test_a_word_of_image_type_makes_a_localizer(value: str) -> None:
    (header, *_) = headers()
    assert is_localizer(replace(header, image_type=("ORIGINAL", "PRIMARY", value)))


@pytest.mark.parametrize(
    "value", ["AXIAL", "CT_SOM5 SPI", "CT_SOM7 SPI DVI", "M", "NORM", "VELOCITY", "ALLOCATED", "TOP"]
)
def test_other_words_make_none(value: str) -> None:
    (header, *_) = headers()
    assert not is_localizer(replace(header, image_type=("ORIGINAL", "PRIMARY", value)))
