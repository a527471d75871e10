"""A CT is drawn as Hounsfield units only where its headers and its values leave no other meaning."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sequence import Sequence

from model.errors import InputRefused, PrivacyRefused
from model.pipeline.draw import IMAGES, draw_series
from model.series.geometry import geometry_of
from model.series.header import SliceHeader
from model.volume.load import load_volume
from model.volume.meaning import meaning_of
from model.volume.values import implausible, require_hounsfield, slices_below_air
from plugin.cli import main
from tests.builders.phantom import Phantom, phantom_series
from tests.builders.untouched import cleaned

SMALL = Phantom(slices=4, size=64, pixel_mm=6.0)
Change = Callable[[Dataset], None]


def table(one: Dataset) -> None:
    item = Dataset()
    item.add_new(0x00283002, "US", [16, 0, 16])
    item.ModalityLUTType = "HU"
    item.add_new(0x00283006, "US", list(range(16)))
    one.ModalityLUTSequence = Sequence([item])


def rescale_type(text: str) -> Change:
    return lambda one: setattr(one, "RescaleType", text)


def image_type(*words: str) -> Change:
    return lambda one: setattr(one, "ImageType", ["DERIVED", "PRIMARY", "AXIAL", *words])


def without(*keywords: str) -> Change:
    def change(one: Dataset) -> None:
        for keyword in keywords:
            delattr(one, keyword)

    return change


OTHER_MEANINGS: dict[str, Change] = {
    "electron density": rescale_type("ED"),
    "electron density, of water": rescale_type("EDW"),
    "atomic number": rescale_type("Z_EFF"),
    "unspecified": rescale_type("US"),
    "milligrams": rescale_type("MGML"),
    "percent": rescale_type("PCT"),
    "a word of the vendor": rescale_type("EDENSITY"),
    "in small letters": rescale_type("ed"),
    "HU and another": rescale_type("HU\\ED"),
    "density by ImageType": image_type("DE_RHO"),
    "a material by ImageType": image_type("MAT_SPECIFIC", "IODINE"),
    "atomic number by ImageType": image_type("EFF_ATOMIC_NUM"),
    "density in two words": image_type("RELATIVE ELECTRON DENSITY"),
    "a map of iodine": image_type("DE_IODINE"),
    "atomic number, as vendors write it": image_type("Z_EFFECTIVE", "DE_ZEFF"),
    "a table": table,
}
HOUNSFIELD_UNITS: dict[str, Change] = {
    "as it is": lambda one: None,
    "absent": without("RescaleType"),
    "empty": rescale_type(""),
    "padded": rescale_type("HU "),
    "modified": rescale_type("HU_MOD"),
    "monoenergetic": image_type("VMI"),
    "water without contrast": image_type("MAT_REMOVED"),
    "of a scanner with words of its own": image_type("CT_SOM5 SPI", "DUALENERGY", "VNC", "MIXED", "Z_SHARP"),
}


def changed(change: Change, which: Callable[[int], bool] = lambda index: True) -> list[Dataset]:
    made = phantom_series(SMALL)
    for index, one in enumerate(made):
        if which(index):
            change(one)
    return made


def by_command(made: list[Dataset], folder: Path) -> int:
    (folder / "series").mkdir()
    for index, one in enumerate(made):
        one.save_as(folder / "series" / f"{index}.dcm", enforce_file_format=True)
    return main(["segment", str(folder / "series"), "-o", str(folder / "out.dcm")])


def by_job(made: list[Dataset], folder: Path) -> None:
    """What the gateway does: pseudonymise, then draw from the files alone."""
    files = []
    for one in made:
        stream = io.BytesIO()
        one.save_as(stream, enforce_file_format=True)
        files.append(stream.getvalue())
    (folder / IMAGES).mkdir()
    for file in cleaned(files):
        (folder / IMAGES / file.name).write_bytes(file.data)
    draw_series(folder, "hu-ct", "2.25.1", "2.25.2", datetime(2026, 1, 2))


@pytest.mark.parametrize("kind", OTHER_MEANINGS)
def test_what_is_no_hounsfield_unit_is_refused_by_the_command(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert by_command(changed(OTHER_MEANINGS[kind]), tmp_path) == 1
    said = capsys.readouterr().err
    assert "[VALUES_NOT_HU]" in said or "[VALUES_TABLE]" in said
    assert not (tmp_path / "out.dcm").exists()


@pytest.mark.parametrize("kind", OTHER_MEANINGS)
def test_what_is_no_hounsfield_unit_is_refused_after_the_pseudonyms_too(kind: str, tmp_path: Path) -> None:
    with pytest.raises((InputRefused, PrivacyRefused)) as refused:
        by_job(changed(OTHER_MEANINGS[kind]), tmp_path)
    if isinstance(refused.value, PrivacyRefused):
        assert refused.value.findings == {"SOURCE_VALUES": SMALL.slices}
    else:
        assert refused.value.code == "VALUES_NOT_HU"


@pytest.mark.parametrize("kind", ["electron density", "a word of the vendor", "density by ImageType", "a table"])
def test_one_slice_of_another_meaning_is_enough(kind: str, tmp_path: Path) -> None:
    assert by_command(changed(OTHER_MEANINGS[kind], lambda index: index == 2), tmp_path) == 1


@pytest.mark.parametrize("kind", HOUNSFIELD_UNITS)
def test_hounsfield_units_are_drawn(kind: str, tmp_path: Path) -> None:
    assert by_command(changed(HOUNSFIELD_UNITS[kind]), tmp_path) == 0
    (tmp_path / "job").mkdir()
    by_job(changed(HOUNSFIELD_UNITS[kind]), tmp_path / "job")
    assert (tmp_path / "job" / "rtstruct.dcm").stat().st_size > 0


@pytest.mark.parametrize("missing", [("RescaleSlope", "RescaleIntercept", "RescaleType"), ("RescaleIntercept",)])
def test_a_ct_without_rescale_is_refused(
    missing: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert by_command(changed(without(*missing)), tmp_path) == 1
    assert "[VALUES_NO_RESCALE]" in capsys.readouterr().err
    with pytest.raises(PrivacyRefused):
        by_job(changed(without(*missing)), tmp_path)


def test_an_mr_has_no_hounsfield_units_to_miss() -> None:
    assert not meaning_of("ED", [], rescaled=False).hounsfield
    made = changed(rescale_type("ED"))
    for one in made:
        one.Modality = "MR"
    geometry = geometry_of(SliceHeader.from_dataset(one) for one in made)
    require_hounsfield(load_volume(made, geometry), "any")


def test_no_message_repeats_what_the_header_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert by_command(changed(rescale_type("SECRETWORD")), tmp_path) == 1
    assert "SECRETWORD" not in capsys.readouterr().err


def body() -> NDArray[np.int16]:
    array = Phantom(slices=6).array()
    noise = np.random.default_rng(1).normal(0, 12, array.shape)
    return np.asarray(np.rint(array + noise), dtype=np.int16)


WRONG_SCALES: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "electron density called HU": lambda hu: np.maximum(hu + 1000, 0),
    "intercept missing": lambda hu: hu + 1024,
    "intercept twice": lambda hu: hu - 1024,
    "slope of ten": lambda hu: hu * 10,
    "a fraction of water": lambda hu: (hu + 1000) / 1000,
    "from 0 to 1": lambda hu: (hu - hu.min()) / (hu.max() - hu.min()),
    "atomic number": lambda hu: np.where(hu > -500, 7.4 + hu / 500, 0.0),
    "not a number": lambda hu: np.where(hu > 0, np.nan, hu),
}


@pytest.mark.parametrize("kind", WRONG_SCALES)
def test_values_that_no_body_has_are_seen(kind: str) -> None:
    assert implausible(WRONG_SCALES[kind](body().astype(np.float64)).astype(np.float32))


def test_one_slice_whose_intercept_was_applied_twice_is_seen() -> None:
    array = np.tile(body(), (4, 1, 1))
    assert not slices_below_air(array)
    array[7] -= 1024
    assert not implausible(array)
    assert slices_below_air(array) == 1


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(0, 90),
    columns=st.integers(0, 90),
    padding=st.sampled_from([None, -1024, -2000, -3024]),
    contrast=st.integers(0, 300),
    metal=st.booleans(),
)
def test_parts_of_a_body_are_believed(rows: int, columns: int, padding: int | None, contrast: int, metal: bool) -> None:
    array = body()[:, rows : rows + 38, columns : columns + 38].copy()
    array[array > 0] += contrast
    if metal:
        array[:, :3, :3] = 3071
    if padding is not None:
        array[:, ::2, -8:] = padding
    assert not implausible(array)
    assert not slices_below_air(array)


@pytest.mark.parametrize(("value", "limit"), [(65535, None), (60000, 65535), (32767, None)])
def test_padding_that_would_be_brighter_than_metal_is_air(value: int, limit: int | None) -> None:
    made = changed(lambda one: None)
    for one in made:
        stored = np.asarray(one.pixel_array, dtype=np.int64) * int(one.RescaleSlope) + int(one.RescaleIntercept) + 1024
        stored[:4] = value
        one.PixelRepresentation, one.RescaleSlope, one.RescaleIntercept = 0, "1", "-1024"
        one.BitsAllocated, one.BitsStored, one.HighBit = 16, 16, 15
        one.PixelData = stored.astype("<u2").tobytes()
        one.add_new(0x00280120, "US", value)
        if limit is not None:
            one.add_new(0x00280121, "US", limit)
    volume = load_volume(made, geometry_of(SliceHeader.from_dataset(one) for one in made))
    assert volume.array.dtype == np.int16
    assert np.all(volume.array[:, :4] == -1024)
    np.testing.assert_array_equal(volume.array[:, 4:], SMALL.array()[:, 4:])


def test_each_slice_is_rescaled_by_its_own_numbers() -> None:
    made = changed(lambda one: None)
    for index, one in enumerate(made):
        stored = np.asarray(one.pixel_array, dtype=np.int64) * int(one.RescaleSlope) + int(one.RescaleIntercept)
        one.RescaleSlope, one.RescaleIntercept = "1", str(-1000 - 7 * index)
        one.PixelData = (stored + 1000 + 7 * index).astype("<i2").tobytes()
        one.PixelRepresentation, one.BitsAllocated, one.BitsStored, one.HighBit = 1, 16, 16, 15
    volume = load_volume(made, geometry_of(SliceHeader.from_dataset(one) for one in made))
    np.testing.assert_array_equal(volume.array, SMALL.array())


def test_floating_point_pixels_are_refused() -> None:
    made = changed(lambda one: None)
    one = made[0]
    one.FloatPixelData = np.zeros(SMALL.array().shape[1:], dtype="<f4").tobytes()
    one.BitsAllocated = 32
    del one.PixelData
    with pytest.raises(InputRefused, match="PIXELS_FLOAT"):
        load_volume(made, geometry_of(SliceHeader.from_dataset(one) for one in made))
