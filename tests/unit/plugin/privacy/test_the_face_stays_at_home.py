"""A head leaves without its face: only the face's voxels change, and that is declared where the check finds none."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import Dataset

from model.dicom.tags import DEIDENTIFICATION_METHOD_CODE_SEQUENCE
from model.gate import canonical
from model.gate.attribute import declares_no_face
from model.gate.check import FileCheck
from model.gate.verify import verify
from model.series.geometry import geometry_of
from model.series.header import SliceHeader
from plugin.privacy import blanked
from plugin.privacy.blanked import only_the_shell_changed
from plugin.privacy.clean import CleanSeries
from plugin.privacy.face.check import FaceCheck, Look, check_face
from plugin.privacy.face.cut import cut_of
from plugin.privacy.face.outcome import Face
from plugin.privacy.face.patient_grid import grid_of
from plugin.privacy.pseudonymise import pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.settings.privacy import PrivacyRules
from tests.builders.heads import ORIENTATIONS, VERTEX, Head, head_series, volume_of
from tests.builders.phantom import files_of, phantom_series
from tests.builders.untouched import Untouched, lay

# The whole brain of the made-up head, in HU.
BRAIN_HU = 36
KEY = TransferKey.new("test")


def left(slices: list[Dataset], place: Path, *, remove_face: bool = True) -> tuple[CleanSeries, list[bytes]]:
    """What leaves of a series, and its files."""
    ids = [str(index) for index in range(len(slices))]
    clean = pseudonymise(
        ids, Untouched(files_of(slices)), KEY, PrivacyRules(), place / "images", remove_face=remove_face
    )
    return clean, [one.data for one in clean]


def both(head: Head, folder: Path) -> tuple[CleanSeries, list[bytes], list[bytes]]:
    """A head as it leaves today, and without its face, under the same pseudonyms."""
    slices = head_series(head)
    _, today = left(slices, folder / "today", remove_face=False)
    clean, without = left(slices, folder / "without")
    return clean, today, without


def codes_of(file: bytes) -> list[str]:
    return [one.CodeValue for one in pydicom.dcmread(BytesIO(file)).DeidentificationMethodCodeSequence]


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_a_face_is_blanked_and_declared_and_nothing_else_changes(tmp_path: Path, modality: str) -> None:
    clean, today, without = both(Head(modality=modality), tmp_path)
    assert clean.face is Face.REMOVED
    before, after = volume_of(today), volume_of(without)
    changed = before != after
    air = 24 if modality == "CT" else 0
    assert set(np.unique(after[changed])) == {air}
    assert 10_000 < changed.sum() < 0.2 * before.size
    for old, new in zip(today, without, strict=True):
        one, other = pydicom.dcmread(BytesIO(old)), pydicom.dcmread(BytesIO(new))
        assert codes_of(old) == ["113100"]
        assert codes_of(new) == ["113100", "113102"]
        for dataset in (one, other):
            del dataset.DeidentificationMethodCodeSequence, dataset.PixelData
        assert one == other
    brain = before == (BRAIN_HU + 1024 if modality == "CT" else 480)
    if modality == "CT":
        assert not (changed & brain).any()


def test_the_receiver_accepts_what_left_and_sees_that_it_has_no_face(tmp_path: Path) -> None:
    clean, _, without = both(Head(), tmp_path)
    assert len(verify(lay(clean, tmp_path / "received"))) == len(without)
    checked, findings = FileCheck().check(without[0])
    assert checked is not None, findings.counts
    assert declares_no_face(checked.values[DEIDENTIFICATION_METHOD_CODE_SEQUENCE][1])


@pytest.mark.parametrize("orientation", sorted(set(ORIENTATIONS) - {"axial"}))
def test_it_is_the_face_in_every_orientation(tmp_path: Path, orientation: str) -> None:
    head = Head(orientation=orientation)
    clean, today, without = both(head, tmp_path)
    assert clean.face is Face.REMOVED
    image = head.image()
    places = np.argwhere(volume_of(today) != volume_of(without))[:, ::-1]
    x, y, z = (image.affine[:3, :3] @ places.T + image.affine[:3, 3:]).astype(float)
    assert len(x) > 10_000
    assert y.max() < -10, "nothing behind the face"
    assert (np.abs(x) < 80).all()
    assert z.max() < VERTEX - 50, "the top of the head stays"


def test_the_throat_below_a_short_face_is_no_face_that_is_left(tmp_path: Path) -> None:
    clean, today, without = both(Head(shorter_mm=30.0, bottom=-80.0, pixel_mm=3.0), tmp_path)
    assert clean.face is Face.REMOVED
    assert (volume_of(today) == volume_of(without))[:20].all(), "the throat stays"


def test_the_chest_below_a_face_stays_though_no_throat_divides_them(tmp_path: Path) -> None:
    head = Head(chest=True, bottom=-120.0, pixel_mm=3.0, step_mm=5.0)
    clean, today, without = both(head, tmp_path)
    assert clean.face is Face.REMOVED
    places = np.argwhere(volume_of(today) != volume_of(without))
    z = head.image().affine[2, 3] + 5.0 * places[:, 0]
    assert z.min() > -15, "the chest begins there"


def test_a_head_leaves_once_more_and_there_is_no_face_to_remove(tmp_path: Path) -> None:
    _, _, without = both(Head(), tmp_path)
    slices = head_series(Head())
    for dataset, file in zip(slices, without, strict=True):
        dataset.PixelData = pydicom.dcmread(BytesIO(file)).PixelData
        dataset.PixelRepresentation = pydicom.dcmread(BytesIO(file)).PixelRepresentation
    clean, again = left(slices, tmp_path / "again")
    assert clean.face is Face.NOT_FOUND
    assert codes_of(again[0]) == ["113100"]
    assert (volume_of(again) == volume_of(without)).all()


def refused_heads() -> list[tuple[str, list[Dataset], Face]]:
    without_some = head_series(Head())
    del without_some[30:34]
    return [
        ("no face", head_series(Head(face=False)), Face.NOT_FOUND),
        ("a chest", phantom_series(), Face.NOT_PLACED),
        ("the vertex is cut off", head_series(Head(top=VERTEX - 45)), Face.NOT_PLACED),
        ("it lies oblique", head_series(Head(tilt_degrees=35)), Face.NOT_PLACED),
        ("slices are missing", without_some, Face.NOT_PLACED),
        ("a few slices", head_series(Head())[40:46], Face.NOT_PLACED),
    ]


@pytest.mark.parametrize("case", refused_heads(), ids=lambda case: case[0])
def test_what_cannot_be_done_is_not_done_and_said(tmp_path: Path, case: tuple[str, list[Dataset], Face]) -> None:
    _, slices, face = case
    _, today = left(slices, tmp_path / "today", remove_face=False)
    clean, files = left(slices, tmp_path / "asked")
    assert clean.face is face
    assert files == today, "it leaves byte for byte as it does today"


def test_where_the_check_still_finds_a_face_nothing_is_changed_and_nothing_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shallow(*arguments: object) -> object:
        cut, head = cut_of(*arguments)  # type: ignore[arg-type, misc]
        return replace(cut, depth=np.where(cut.depth > 0, 8.0, -1.0)), head

    monkeypatch.setattr(blanked, "cut_of", shallow)
    clean, today, without = both(Head(), tmp_path)
    assert clean.face is Face.LEFT
    assert without == today


@pytest.mark.parametrize(
    ("looks", "found", "gone"),
    [
        ((), False, False),
        ((Look(14.0, 2.0, 0.0),), True, True),
        ((Look(14.0, 2.0, 0.0), Look(14.0, 9.0, 0.0)), True, False),
        ((Look(14.0, 2.0, 0.2), Look(14.0, 2.0, 0.0)), True, False),
        ((Look(2.0, 2.0, 0.0),), False, True),
    ],
)
def test_one_look_that_sees_a_face_is_enough_to_say_so(looks: tuple[Look, ...], found: bool, gone: bool) -> None:
    check = FaceCheck(looks)
    assert (check.found, check.gone) == (found, gone)


def test_a_peel_of_equal_depth_does_not_pass_the_check() -> None:
    head = Head()
    image = head.image()
    geometry = geometry_of([SliceHeader.from_dataset(one) for one in head_series(head)])
    grid = grid_of(geometry)
    assert grid is not None
    before = grid.coarse(lambda place: image.array[place].astype(np.float32))
    first = np.argmax(before > -500, axis=1)
    rows = np.arange(before.shape[1])[None, :, None]
    peeled = np.where(rows < (first + 4)[:, None, :], np.float32(-1000), before)
    check = check_face(before, peeled, grid, "CT")
    assert check.found
    assert not check.gone, "the nose still sticks out"


def test_a_changed_voxel_outside_of_the_shell_is_noticed(tmp_path: Path) -> None:
    _, today, without = both(Head(), tmp_path)
    place = len(today) // 2
    original, data = today[place], without[place]
    checker = FileCheck()
    before, after = checker.check(original)[0], checker.check(data)[0]
    assert before is not None
    assert after is not None
    shell = before.pixels_in(original) != after.pixels_in(data)
    assert shell.any()
    assert only_the_shell_changed(before, original, after, data, shell, 24)
    assert not only_the_shell_changed(before, original, after, data, shell, 0), "another value than air"
    with_face = canonical.encode(after.values, before.pixels_in(original).tobytes())
    assert not only_the_shell_changed(before, original, after, with_face, shell, 24), "not blanked"
    smaller = shell.copy()
    smaller[tuple(np.argwhere(shell)[0])] = False
    assert not only_the_shell_changed(before, original, after, data, smaller, 24), "one voxel more"
    other = pydicom.dcmread(BytesIO(data))
    assert other.RescaleIntercept == -1024
