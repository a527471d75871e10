"""Pixel data becomes a volume in the order of the planes, rescaled; what cannot be right is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom import Dataset

from model.errors import InputRefused
from model.samples import series
from model.series.geometry import SeriesGeometry, geometry_of
from model.series.header import SliceHeader
from model.volume.load import load_volume
from tests.builders.series import SeriesPlan, add_pixels, headers, series_in, write_series

PLAN = SeriesPlan(shape=(6, 5), offsets=(0.0, 3.0, 6.0, 9.0), localizers=1)


def values(plan: SeriesPlan) -> NDArray[np.int16]:
    shape = (len(plan.offsets), *plan.shape)
    return np.random.default_rng(7).integers(-1024, 3071, shape).astype(np.int16)


def slices(plan: SeriesPlan, pixels: NDArray[np.int16]) -> list[Dataset]:
    """Datasets with pixels, in the order in which they arrive."""
    made = headers(plan)
    for dataset in made:
        index = int(str(dataset.SOPInstanceUID).rsplit(".", 1)[1]) - 1
        add_pixels(dataset, pixels[index] if index < len(pixels) else np.zeros(plan.shape, dtype=np.int16))
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    return made


def geometry(made: list[Dataset]) -> SeriesGeometry:
    return geometry_of(SliceHeader.from_dataset(one) for one in made)


def code_of(made: list[Dataset], of: list[Dataset] | None = None) -> str:
    with pytest.raises(InputRefused) as refused:
        load_volume(made, geometry(of or made))
    return refused.value.code


def test_slices_are_put_in_the_order_of_their_planes(tmp_path: Path) -> None:
    expected = values(PLAN)
    paths, read = series_in(write_series(PLAN, tmp_path, expected))
    volume = load_volume(paths, geometry_of(read))
    assert volume.array.dtype == np.int16
    np.testing.assert_array_equal(volume.array, expected)


def test_datasets_serve_as_well_as_files() -> None:
    expected = values(PLAN)
    made = slices(PLAN, expected)
    np.testing.assert_array_equal(load_volume(made, geometry(made)).array, expected)


def test_whole_rescale_stays_in_whole_numbers() -> None:
    made = slices(PLAN, values(PLAN) // 4)
    for one in made:
        one.RescaleSlope, one.RescaleIntercept = "2", "-1000"
    volume = load_volume(made, geometry(made))
    assert volume.array.dtype == np.int16
    np.testing.assert_array_equal(volume.array, (values(PLAN) // 4) * 2 - 1000)


@pytest.mark.parametrize(
    ("low", "slope", "intercept"), [(33_000, 1, -32_768), (30_000, 3, -100_000), (40, 700, -90_000)]
)
def test_values_that_pass_16_bits_on_their_way_end_where_they_belong(low: int, slope: int, intercept: int) -> None:
    stored = np.random.default_rng(8).integers(low, low + 90, (4, *PLAN.shape)).astype(np.uint16)
    made = slices(PLAN, stored.view(np.int16))
    for one in made:
        one.PixelRepresentation, one.RescaleSlope, one.RescaleIntercept = 0, str(slope), str(intercept)
    volume = load_volume(made, geometry(made))
    expected = stored.astype(np.int64) * slope + intercept
    assert (volume.array.dtype == np.int16) == bool(abs(expected).max() <= 32_767)
    np.testing.assert_array_equal(volume.array, expected)


def test_a_fraction_in_one_slice_makes_the_volume_float() -> None:
    made = slices(PLAN, values(PLAN))
    index = next(n for n, one in enumerate(made) if str(one.SOPInstanceUID).endswith(".3"))
    made[index].RescaleSlope, made[index].RescaleIntercept = "0.5", "0"
    expected = values(PLAN).astype(np.float32)
    expected[2] *= 0.5
    volume = load_volume(made, geometry(made))
    assert volume.array.dtype == np.float32
    np.testing.assert_allclose(volume.array, expected)


def test_a_volume_that_becomes_float_late_keeps_what_was_read_before() -> None:
    plan = SeriesPlan(shape=(64, 48), offsets=tuple(3.0 * n for n in range(90)))
    expected = values(plan)
    made = slices(plan, expected)
    made[70].RescaleSlope, made[70].RescaleIntercept = "0.5", "0"
    volume = load_volume(made, geometry(made))
    halved = int(str(made[70].SOPInstanceUID).rsplit(".", 1)[1]) - 1
    wanted = expected.astype(np.float32)
    wanted[halved] *= np.float32(0.5)
    assert volume.array.dtype == np.float32
    np.testing.assert_array_equal(volume.array, wanted)


def test_values_beyond_16_bits_make_the_volume_float() -> None:
    made = slices(PLAN, values(PLAN))
    for one in made:
        one.RescaleSlope, one.RescaleIntercept = "100", "0"
    np.testing.assert_allclose(load_volume(made, geometry(made)).array, values(PLAN).astype(np.float32) * 100)


def test_compressed_slices_are_decoded() -> None:
    paths, read = series_in(series("slab"))
    syntax = pydicom.dcmread(paths[0], stop_before_pixels=True).file_meta.TransferSyntaxUID
    assert syntax == pydicom.uid.JPEG2000Lossless
    volume = load_volume(paths, geometry_of(read))
    assert (volume.array.min(), volume.array.max()) == (-1024, 1839)


def test_progress_ends_at_one() -> None:
    made = slices(PLAN, values(PLAN))
    seen: list[float] = []
    load_volume(made, geometry(made), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_slice_without_its_file_is_missed() -> None:
    made = slices(PLAN, values(PLAN))
    assert code_of([one for one in made if not str(one.SOPInstanceUID).endswith(".2")], made) == "PIXELS_MISSING"


def test_a_file_of_another_series_is_refused() -> None:
    made = slices(PLAN, values(PLAN))
    assert code_of([*made, slices(SeriesPlan(shape=(6, 5), number=2), values(PLAN))[0]], made) == "PIXELS_FOREIGN"


def test_the_same_file_twice_is_refused() -> None:
    made = slices(PLAN, values(PLAN))
    ours = next(one for one in made if "LOCALIZER" not in one.ImageType)
    assert code_of([*made, ours], made) == "SLICE_TWICE"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda one: setattr(one, "PixelData", one.PixelData[:10]), "PIXELS_UNREADABLE"),
        (lambda one: delattr(one, "PixelData"), "PIXELS_UNREADABLE"),
        (lambda one: setattr(one, "RescaleSlope", "0"), "PIXELS_RESCALE"),
        (lambda one: setattr(one, "SamplesPerPixel", 3), "PIXELS_SHAPE"),
        (lambda one: setattr(one, "NumberOfFrames", 2), "PIXELS_SHAPE"),
        (lambda one: setattr(one.file_meta, "TransferSyntaxUID", "1.2.840.10008.1.2.4.100"), "PIXELS_UNREADABLE"),
    ],
)
def test_pixels_that_cannot_be_right_are_refused(change: Callable[[Dataset], None], code: str) -> None:
    made = slices(PLAN, values(PLAN))
    change(next(one for one in made if "LOCALIZER" not in one.ImageType))
    assert code_of(made) == code


def test_no_error_repeats_a_value_of_the_patient() -> None:
    made = slices(PLAN, values(PLAN))
    for one in made:
        one.PatientName, one.PatientID = "Secret^Name", "SECRET-ID"
    del next(one for one in made if "LOCALIZER" not in one.ImageType).PixelData
    with pytest.raises(InputRefused) as refused:
        load_volume(made, geometry(made))
    assert "secret" not in str(refused.value).lower()
