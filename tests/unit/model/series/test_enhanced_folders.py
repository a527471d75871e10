"""Folders of enhanced images: each frame is a slice, and the volume is that of the classic series, voxel for voxel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    EnhancedMRColorImageStorage,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from model.errors import InputRefused
from model.series.enhanced import frame_datasets, images_of
from model.series.folder import Folder, open_folder
from model.series.frame_reference import parse_image_reference
from model.volume.load import load_volume
from tests.builders.enhanced_pixels import BASIC, EXTENDED, NONE, Encapsulation
from tests.builders.enhanced_series import MAKERS, PHILIPS, Maker, enhanced, frames_of, legacy_converted
from tests.builders.functional_groups import Frame
from tests.builders.marked import ct, mr
from tests.builders.phantom import Phantom, phantom_series
from tests.builders.series import GEOMETRIES, write_series

COUNT = 6


def slices_of(modality: str) -> list[Dataset]:
    return [(mr if modality == "MR" else ct)(index) for index in range(COUNT)]


def stored(folder: Path, *objects: Dataset) -> Path:
    folder.mkdir(exist_ok=True)
    for number, one in enumerate(objects):
        one.save_as(folder / f"{number}.dcm", enforce_file_format=True)
    return folder


def read(folder: Path, *objects: Dataset) -> tuple[Folder, NDArray[Any]]:
    found = open_folder(stored(folder, *objects))
    return found, load_volume(found.files, found.geometry).array


@pytest.mark.parametrize("modality", ["CT", "MR"])
@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.name)
def test_the_volume_is_that_of_the_classic_series(maker: Maker, modality: str, tmp_path: Path) -> None:
    slices = slices_of(modality)
    classic, expected = read(tmp_path / "classic", *slices)
    found, volume = read(tmp_path / "enhanced", *enhanced(slices, maker, shuffle=3))
    assert np.array_equal(volume, expected)
    assert np.allclose(found.geometry.positions, classic.geometry.positions)
    assert found.geometry.spacing_mm == classic.geometry.spacing_mm
    assert len(found.files) == 1
    assert len(found.headers) == COUNT


def test_every_plane_names_object_and_frame(tmp_path: Path) -> None:
    (one,) = enhanced(slices_of("CT"), shuffle=3)
    found, _ = read(tmp_path / "enhanced", one)
    for plane in found.geometry.planes:
        named = parse_image_reference(plane.sop_instance_uid)
        assert named.sop_instance_uid == one.SOPInstanceUID
        assert named.frame is not None
        group = one.PerFrameFunctionalGroupsSequence[named.frame - 1]
        assert plane.position_text == tuple(map(str, group.PlanePositionSequence[0].ImagePositionPatient))
        assert plane.sop_class_uid == one.SOPClassUID


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_a_legacy_converted_image_is_read_alike(modality: str, tmp_path: Path) -> None:
    slices = slices_of(modality)
    _, expected = read(tmp_path / "classic", *slices)
    _, volume = read(tmp_path / "converted", legacy_converted(slices))
    assert np.array_equal(volume, expected)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("how", [Encapsulation(BASIC), Encapsulation(EXTENDED), Encapsulation(NONE)])
def test_compressed_frames_are_read_alike(syntax: str, how: Encapsulation, tmp_path: Path) -> None:
    slices = slices_of("CT")
    _, expected = read(tmp_path / "classic", *slices)
    _, volume = read(tmp_path / "enhanced", *enhanced(slices, syntax=syntax, encapsulation=how, shuffle=2))
    assert np.array_equal(volume, expected)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_native_frames_are_read_alike(syntax: str, tmp_path: Path) -> None:
    slices = slices_of("CT")
    classic, expected = read(tmp_path / "classic", *slices)
    found, volume = read(tmp_path / "enhanced", *enhanced(slices, syntax=syntax, shuffle=2))
    assert np.array_equal(volume, expected)
    assert np.allclose(found.geometry.positions, classic.geometry.positions)


def test_each_frame_has_its_own_rescale(tmp_path: Path) -> None:
    slices = slices_of("MR")
    frames = [Frame(image, slope=1.0 + number, intercept=float(number)) for number, image in enumerate(slices)]
    _, volume = read(tmp_path / "enhanced", *enhanced(frames, PHILIPS))
    expected = np.stack([image.pixel_array * (1.0 + n) + n for n, image in enumerate(slices)])
    assert np.allclose(volume, expected)


@pytest.mark.parametrize("name", ["oblique", "sagittal", "uneven spacing", "gantry tilt", "anisotropic pixels"])
def test_every_geometry_is_that_of_the_classic_series(name: str, tmp_path: Path) -> None:
    plan = GEOMETRIES[name]
    values = np.random.default_rng(1).integers(-500, 500, (len(plan.offsets), *plan.shape), dtype=np.int16)
    classic = open_folder(write_series(plan, tmp_path / "classic", values))
    slices = [dcmread(path) for path in sorted((tmp_path / "classic").iterdir())]
    found, volume = read(tmp_path / "enhanced", *enhanced(slices, shuffle=9))
    assert np.array_equal(volume, values)
    assert np.array_equal(found.geometry.positions, classic.geometry.positions)
    assert found.geometry.common.spacing == classic.geometry.common.spacing
    assert np.array_equal(found.geometry.normal, classic.geometry.normal)
    assert found.geometry.tilt_degrees == classic.geometry.tilt_degrees


def test_parts_of_a_concatenation_are_one_volume(tmp_path: Path) -> None:
    slices = slices_of("CT")
    _, expected = read(tmp_path / "classic", *slices)
    found, volume = read(tmp_path / "parts", *enhanced(slices, parts=3, shuffle=1))
    assert np.array_equal(volume, expected)
    assert len(found.files) == 3


def test_a_missing_part_is_refused(tmp_path: Path) -> None:
    parts = enhanced(slices_of("CT"), parts=3)
    with pytest.raises(InputRefused) as refused:
        open_folder(stored(tmp_path / "parts", *parts[:2]))
    assert refused.value.code == "CONCATENATION"


def test_two_stacks_that_lie_in_one_place_are_no_volume(tmp_path: Path) -> None:
    slices = slices_of("MR")
    both = frames_of(slices, temporal=1) + frames_of(slices, temporal=2)
    with pytest.raises(InputRefused) as refused:
        open_folder(stored(tmp_path / "both", *enhanced(both)))
    assert refused.value.code == "SLICES_COINCIDE"


def test_a_number_of_frames_that_is_wrong_is_refused(tmp_path: Path) -> None:
    (one,) = enhanced(slices_of("CT"))
    one.NumberOfFrames = COUNT - 1
    with pytest.raises(InputRefused) as refused:
        open_folder(stored(tmp_path / "wrong", one))
    assert refused.value.code == "FRAME_GROUPS"


def test_a_file_that_ends_before_its_last_frame_is_refused(tmp_path: Path) -> None:
    (one,) = enhanced(slices_of("CT"))
    one.PixelData = bytes(one.PixelData)[:-2000]
    with pytest.raises(InputRefused) as refused:
        open_folder(stored(tmp_path / "short", one))
    assert refused.value.code == "SLICE_CORRUPT"


def test_a_frame_without_its_place_is_refused_with_the_name_of_the_attribute(tmp_path: Path) -> None:
    (one,) = enhanced(slices_of("CT"))
    del one.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence
    with pytest.raises(InputRefused) as refused:
        open_folder(stored(tmp_path / "nowhere", one))
    assert "ImagePositionPatient" in refused.value.message


def test_an_object_stays_as_it_is_when_its_frames_are_taken() -> None:
    (one,) = enhanced(slices_of("CT"))
    frames = list(frame_datasets(one))
    frames[0].SOPInstanceUID = "1.2.3"
    assert int(one.NumberOfFrames) == COUNT
    assert "#" not in one.SOPInstanceUID
    assert str(frames[1].SOPInstanceUID) == f"{one.SOPInstanceUID}#2"
    assert list(images_of(frames[1])) == [frames[1]]


def test_frames_that_are_no_slices_are_refused_by_the_name_of_their_kind(tmp_path: Path) -> None:
    (one,) = enhanced(slices_of("MR"))
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = EnhancedMRColorImageStorage
    with pytest.raises(InputRefused) as refused:
        open_folder(stored(tmp_path / "colour", one))
    assert refused.value.code == "NOT_A_SLICE"
    assert "Enhanced MR Color Image Storage (SOPClassUID)" in refused.value.message


def test_a_classic_and_an_enhanced_series_are_two(tmp_path: Path) -> None:
    slices = phantom_series(Phantom(slices=3, size=16))
    with pytest.raises(InputRefused) as refused:
        open_folder(stored(tmp_path / "both", *slices, *enhanced(slices)))
    assert refused.value.code == "SERIES_MIXED"


def test_hundreds_of_frames_are_read_once(tmp_path: Path) -> None:
    slices = phantom_series(Phantom(slices=400, size=8, step_mm=1.0))
    found, volume = read(tmp_path / "many", *enhanced(slices))
    assert volume.shape == (400, 8, 8)
    assert len(found.files) == 1
