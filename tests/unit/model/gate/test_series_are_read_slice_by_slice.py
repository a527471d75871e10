"""The receiver holds no series in memory: files are read when it is their turn, and are those that were checked."""

from __future__ import annotations

import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from model.errors import PrivacyRefused
from model.gate.verify import VerifiedFile, verify
from model.series.geometry import geometry_of
from model.volume.load import load_volume
from model.volume.text_slice import TextSlice
from tests.builders.marked import ct, encoded, mr
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.untouched import cleaned


def read(file: VerifiedFile) -> TextSlice:
    return TextSlice(file.texts, file.pixels)


def test_a_file_that_changes_after_the_check_is_not_drawn_on(tmp_path: Path) -> None:
    cleaned([encoded(ct(index)) for index in range(3)], place=tmp_path / "images")
    verified = verify(tmp_path / "images")
    path = tmp_path / "images" / "0002.dcm"
    path.write_bytes(path.read_bytes()[:-2] + b"\1\0")
    assert verified.files[0].pixels.any()
    with pytest.raises(PrivacyRefused) as refused:
        verified.files[1].dataset()
    assert refused.value.findings == {"MANIFEST": 1}
    path.unlink()
    with pytest.raises(PrivacyRefused):
        _ = verified.files[1].pixels


def peak_of(place: Path) -> int:
    tracemalloc.start()
    try:
        verify(place)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_eight_times_the_slices_do_not_take_three_times_the_memory(tmp_path: Path) -> None:
    for count in (4, 16, 128):
        cleaned(files_of(phantom_series(Phantom(slices=count, size=256))), place=tmp_path / str(count))
    peak_of(tmp_path / "4")  # what is read once and kept
    few, many = peak_of(tmp_path / "16"), peak_of(tmp_path / "128")
    assert many < 3 * few
    assert many < 128 * 256 * 256 * 2


@pytest.mark.parametrize("make", [ct, mr])
def test_a_header_that_the_gate_read_gives_the_volume_that_pydicom_gives(tmp_path: Path, make: type) -> None:
    slices = [make(index) for index in range(5)]
    for one in slices:
        one.RescaleSlope, one.RescaleIntercept, one.ImageType = "2.5", "-1000", ["ORIGINAL", "PRIMARY", "AXIAL"]
    cleaned([encoded(one) for one in slices], place=tmp_path / "images")
    verified = verify(tmp_path / "images")
    geometry = geometry_of(file.header for file in verified)
    ours = load_volume((partial(read, file) for file in verified), geometry)
    theirs = load_volume(sorted((tmp_path / "images").glob("*.dcm")), geometry)
    assert np.array_equal(ours.array, theirs.array)
    assert (ours.array.dtype, ours.meaning, ours.acquisition) == (
        theirs.array.dtype,
        theirs.meaning,
        theirs.acquisition,
    )
    assert ours.acquisition.image_types == {"ORIGINAL", "PRIMARY", "AXIAL"}
