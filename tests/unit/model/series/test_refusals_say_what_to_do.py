"""Each refusal of a series' geometry names the attribute, keeps its value back, and says if sending again helps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.errors import InputRefused
from model.series.geometry import geometry_of, require_whole
from model.series.header import SliceHeader
from model.series.refusals import slices_missing

# What stands where a number belongs, when a patient's name strays into it.
STRAY = "Mueller^Hans"


def headers(count: int = 6) -> list[SliceHeader]:
    return [
        SliceHeader(
            sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
            sop_instance_uid=f"2.25.{100 + number}",
            study_uid="2.25.1",
            series_uid="2.25.2",
            frame_of_reference_uid="2.25.3",
            modality="CT",
            image_type=("ORIGINAL", "PRIMARY", "AXIAL"),
            position=("0", "0", str(3 * number)),
            orientation=("1", "0", "0", "0", "1", "0"),
            pixel_spacing=("1", "1"),
            rows="64",
            columns="64",
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("change", "code", "keyword", "kind"),
    [
        ({"position": ()}, "GEOMETRY_MISSING", "ImagePositionPatient", "missing or empty"),
        ({"position": ("1", "2")}, "GEOMETRY_MISSING", "ImagePositionPatient", "2 value(s) instead of 3"),
        ({"position": ("1", "2", STRAY)}, "GEOMETRY_MISSING", "ImagePositionPatient", "no number"),
        ({"position": ("1", "2", "1e999")}, "GEOMETRY_MISSING", "ImagePositionPatient", "not finite"),
        ({"position": ("1", "2", "inf")}, "GEOMETRY_MISSING", "ImagePositionPatient", "no number"),
        ({"position": ("1", "2", "1_0")}, "GEOMETRY_MISSING", "ImagePositionPatient", "no number"),
        ({"position": ("1", "2", "1,5")}, "GEOMETRY_MISSING", "ImagePositionPatient", "a comma is no decimal point"),
        ({"orientation": ("",)}, "GEOMETRY_MISSING", "ImageOrientationPatient", "missing or empty"),
        ({"orientation": ("1", "0", "0", "1", "0", "0")}, "GEOMETRY_ORIENTATION", "ImageOrientationPatient", "unit"),
        ({"pixel_spacing": ("0", "1")}, "GEOMETRY_SPACING", "PixelSpacing", "zero or negative"),
        ({"pixel_spacing": ("2", "2")}, "GEOMETRY_MIXED", "PixelSpacing", "differ"),
        ({"rows": "32"}, "GEOMETRY_MIXED", "Rows", "2 different values"),
        ({"columns": STRAY}, "GEOMETRY_MIXED", "Columns", "2 different values"),
        ({"series_uid": STRAY}, "SERIES_MIXED", "SeriesInstanceUID", "2 different values"),
        ({"modality": STRAY}, "SERIES_MIXED", "Modality", "2 different values"),
        ({"frame_of_reference_uid": "2.25.77"}, "FRAME_OF_REFERENCE", "FrameOfReferenceUID", "2 different values"),
        ({"sop_instance_uid": "2.25.105"}, "SLICE_TWICE", "SOPInstanceUID", "the same"),
        ({"position": ("0", "0", "6")}, "SLICES_COINCIDE", "ImagePositionPatient", "1 slice(s)"),
        ({"position": ("0", "0", "-90")}, "GEOMETRY_GAP", "ImagePositionPatient", "missing"),
    ],
    ids=str,
)
def test_one_slice_is_wrong(change: dict[str, object], code: str, keyword: str, kind: str) -> None:
    first, *others = headers()
    with pytest.raises(InputRefused) as refused:
        require_whole(geometry_of([replace(first, **change), *others]))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert_says(refused.value.message, keyword, kind)


@pytest.mark.parametrize(
    ("change", "code", "keyword", "kind"),
    [
        ({"frame_of_reference_uid": ""}, "FRAME_OF_REFERENCE", "FrameOfReferenceUID", "missing or empty"),
        ({"rows": STRAY}, "GEOMETRY_MISSING", "Rows", "no whole number"),
        ({"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")}, "SERIES_EMPTY", "ImageType", "6 localizer(s)"),
    ],
    ids=str,
)
def test_all_slices_are_wrong(change: dict[str, object], code: str, keyword: str, kind: str) -> None:
    with pytest.raises(InputRefused) as refused:
        geometry_of(replace(one, **change) for one in headers())  # type: ignore[arg-type]
    assert refused.value.code == code
    assert_says(refused.value.message, keyword, kind)


def assert_says(message: str, keyword: str, kind: str) -> None:
    assert keyword in message
    assert kind in message
    assert "Sending" in message
    assert STRAY not in message
    assert "2.25." not in message


def test_missing_slices_are_counted_between_the_positions_around_them() -> None:
    said = slices_missing([(12.0, 18.0, 1), (30.0, 42.04, 3)])
    assert said.message.startswith("4 slice(s) are missing")
    assert "1 between 12.0 and 18.0 mm, 3 between 30.0 and 42.0 mm." in said.message
    many = slices_missing([(float(n), n + 2.0, 1) for n in range(13)])
    assert many.message.count("between") == 10
    assert "and in 3 more gap(s)" in many.message
