"""The enhanced objects that tests send are those that scanners send: valid, and every frame where its slice was."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from tests.builders.enhanced_pixels import EXTENDED, NONE, Encapsulation
from tests.builders.enhanced_series import MAKERS, SIEMENS, Maker, enhanced, frames_of, legacy_converted
from tests.builders.functional_groups import Frame
from tests.builders.marked import mr
from tests.builders.phantom import Phantom, phantom_series

imread = pytest.importorskip("highdicom", reason="the extra seg is not installed").imread

SMALL = Phantom(slices=4, size=32)


def slices_of(modality: str) -> list[Dataset]:
    return phantom_series(SMALL) if modality == "CT" else [mr(index) for index in range(4)]


def dciodvfy(dataset: Dataset, folder: Path) -> list[str]:
    program = shutil.which("dciodvfy")
    assert program is not None, "dciodvfy is missing: install Debian's dicom3tools"
    path = folder / "enhanced.dcm"
    dataset.save_as(path, enforce_file_format=True)
    answer = subprocess.run([program, str(path)], capture_output=True, text=True, check=False, timeout=60)
    return [line for line in (answer.stdout + answer.stderr).splitlines() if line.startswith("Error")]


@pytest.mark.parametrize("modality", ["CT", "MR"])
@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.name)
def test_no_validator_finds_an_error_in_the_image_of_any_maker(maker: Maker, modality: str, tmp_path: Path) -> None:
    (one,) = enhanced(slices_of(modality), maker)
    assert dciodvfy(one, tmp_path) == []


def test_no_validator_finds_an_error_in_a_part_of_a_concatenation(tmp_path: Path) -> None:
    parts = enhanced(slices_of("CT"), parts=3, shuffle=5)
    assert [dciodvfy(part, tmp_path) for part in parts] == [[], [], []]
    assert sum(int(part.NumberOfFrames) for part in parts) == 4


def test_no_validator_finds_an_error_in_diffusion(tmp_path: Path) -> None:
    slices = slices_of("MR")
    frames = frames_of(slices, b_value=0.0) + frames_of(slices, b_value=1000.0, direction=(1.0, 0.0, 0.0))
    assert dciodvfy(enhanced(frames, SIEMENS)[0], tmp_path) == []


def require_the_slices(one: Dataset, slices: list[Dataset]) -> None:
    by_place = {tuple(image.ImagePositionPatient): image for image in slices}
    for group, pixels in zip(one.PerFrameFunctionalGroupsSequence, one.pixel_array, strict=True):
        image = by_place.pop(tuple(group.PlanePositionSequence[0].ImagePositionPatient))
        assert np.array_equal(pixels, image.pixel_array)
    assert by_place == {}


def test_every_frame_is_where_its_slice_was() -> None:
    require_the_slices(enhanced(slices_of("MR"), shuffle=1)[0], slices_of("MR"))


def test_an_independent_reader_makes_the_volume_of_the_classic_slices(tmp_path: Path) -> None:
    slices = phantom_series(SMALL)
    (one,) = enhanced(slices, shuffle=2)
    one.save_as(tmp_path / "one.dcm", enforce_file_format=True)
    volume = imread(tmp_path / "one.dcm").get_volume()
    expected = np.stack([image.pixel_array - 1024 for image in slices])
    assert np.array_equal(np.asarray(volume.array).astype(int), expected)


def test_groups_that_frames_share_stand_once_where_the_maker_puts_them_there() -> None:
    by_name = {maker.name: enhanced(slices_of("CT"), maker)[0] for maker in MAKERS}
    shared = {
        name: "PlaneOrientationSequence" in one.SharedFunctionalGroupsSequence[0] for name, one in by_name.items()
    }
    assert shared["GE MEDICAL SYSTEMS"]
    assert not shared["SIEMENS"]
    assert "PixelMeasuresSequence" in by_name["TOSHIBA"].PerFrameFunctionalGroupsSequence[0]


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("how", [Encapsulation(), Encapsulation(EXTENDED), Encapsulation(NONE)])
def test_frames_are_the_same_in_every_encapsulation(syntax: str, how: Encapsulation) -> None:
    slices = slices_of("MR")
    (one,) = enhanced(slices, syntax=syntax, encapsulation=how)
    assert np.array_equal(one.pixel_array, np.stack([image.pixel_array for image in slices]))


def test_each_frame_can_have_a_rescale_of_its_own() -> None:
    slices = slices_of("MR")
    frames = [Frame(image, slope=1.0 + number) for number, image in enumerate(slices)]
    (one,) = enhanced(frames)
    groups = one.PerFrameFunctionalGroupsSequence
    assert [float(group.PixelValueTransformationSequence[0].RescaleSlope) for group in groups] == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_a_legacy_converted_image_holds_the_slices(modality: str) -> None:
    slices = slices_of(modality)
    one = legacy_converted(slices)
    assert "Legacy Converted" in one.SOPClassUID.name
    require_the_slices(one, slices)
