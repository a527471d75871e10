"""One reader of a folder: what one command refuses all refuse, and what is passed over is said."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID

from plugin.cli import main
from tests.builders.phantom import Phantom, file_of, phantom_series

PHANTOM = Phantom(slices=4, size=64, pixel_mm=6.0)
APPLE_DOUBLE = b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(100)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("whole")
    (place / "ct").mkdir()
    for number, one in enumerate(phantom_series(PHANTOM)):
        (place / "ct" / f"{number:04d}.dcm").write_bytes(file_of(one))
    labels = np.zeros((4, 64, 64), dtype=np.uint8)
    labels[1:3, 20:40, 20:40] = 1
    np.save(place / "labels.npy", labels)
    (place / "names.json").write_text('{"1": "Heart"}')
    assert main([*COMMANDS["contours"](place), "-o", str(place / "rs.dcm")]) == 0
    return place


@pytest.fixture
def place(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "place"))


COMMANDS: dict[str, Callable[[Path], list[str]]] = {
    "segment": lambda place: ["segment", str(place / "ct")],
    "contours": lambda place: [
        "contours", str(place / "ct"), str(place / "labels.npy"), "--names", str(place / "names.json"),
    ],
    "masks": lambda place: ["masks", str(place / "ct"), str(place / "rs.dcm")],
}  # fmt: skip


def last(place: Path) -> Path:
    return sorted((place / "ct").glob("*.dcm"))[-1]


def cut(size: int) -> Callable[[Path], None]:
    def change(place: Path) -> None:
        last(place).write_bytes(last(place).read_bytes()[:size])

    return change


def cut_in_its_pixels(place: Path) -> None:
    last(place).write_bytes(last(place).read_bytes()[:-100])


def named_dcm(place: Path) -> None:
    (place / "ct" / "notes.dcm").write_text("these are no images")


def without_header(*, implicit: bool) -> Callable[[Path], None]:
    def change(place: Path) -> None:
        for file in sorted((place / "ct").glob("*.dcm")):
            data = pydicom.dcmread(file)
            bare = Dataset({element.tag: element for element in data})
            file.unlink()
            bare.save_as(file.with_suffix(""), implicit_vr=implicit, little_endian=True)

    return change


def big_endian(place: Path) -> None:
    data = pydicom.dcmread(last(place), stop_before_pixels=True)
    bare = Dataset({element.tag: element for element in data})
    last(place).unlink()
    bare.save_as(place / "ct" / "bare", implicit_vr=False, little_endian=False)


def one_without_header(place: Path) -> None:
    data = pydicom.dcmread(last(place))
    bare = Dataset({element.tag: element for element in data})
    bare.save_as(place / "ct" / "bare", implicit_vr=True, little_endian=True)
    last(place).unlink()


def twice(place: Path) -> None:
    shutil.copy(last(place), place / "ct" / "again.dcm")


def short_pixels(place: Path) -> None:
    data = pydicom.dcmread(last(place))
    data.PixelData = data.PixelData[:1000]
    data.save_as(last(place))


def without_uid(place: Path) -> None:
    data = pydicom.dcmread(last(place))
    del data.SOPInstanceUID
    data.save_as(last(place))


def without_preamble(place: Path) -> None:
    last(place).with_suffix("").write_bytes(last(place).read_bytes()[128:])
    last(place).unlink()


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut off in its header": (cut(700), "SLICE_CORRUPT"),
    "cut off in its file meta information": (cut(160), "SLICE_CORRUPT"),
    "cut off in its preamble": (cut(60), "SLICE_CORRUPT"),
    "empty": (cut(0), "SLICE_CORRUPT"),
    "cut off in its pixels": (cut_in_its_pixels, "SLICE_CORRUPT"),
    "named as DICOM": (named_dcm, "SLICE_CORRUPT"),
    "without header, implicit": (without_header(implicit=True), "NO_PART10"),
    "without header, explicit": (without_header(implicit=False), "NO_PART10"),
    "without header, big endian": (big_endian, "NO_PART10"),
    "one without header": (one_without_header, "NO_PART10"),
    "one twice": (twice, "SLICE_TWICE"),
    "fewer pixels than rows and columns": (short_pixels, "SLICE_CORRUPT"),
    "without its UID": (without_uid, "SLICE_CORRUPT"),
    "without preamble": (without_preamble, "NO_PART10"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_one_command_refuses_all_refuse(kind: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, code = REFUSED[kind]
    change(place)
    for name, command in COMMANDS.items():
        assert main([*command(place), "-o", str(place / name)]) == 1
        assert f"[{code}]" in capsys.readouterr().err
        assert not (place / name).exists()
    assert main(["gate", str(place / "ct")]) == 1


def of_a_mac(place: Path) -> None:
    (place / "ct" / "._0001.dcm").write_bytes(APPLE_DOUBLE)
    (place / "ct" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (place / "ct" / "__MACOSX").mkdir()
    (place / "ct" / "__MACOSX" / "0001.dcm").write_bytes(APPLE_DOUBLE)


def a_structure_set(place: Path) -> None:
    shutil.copy(place / "rs.dcm", place / "ct" / "rs.dcm")


def a_directory(place: Path) -> None:
    directory = Dataset()
    directory.FileSetID = "MADE UP"
    directory.file_meta = pydicom.dataset.FileMetaDataset()
    directory.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.1.3.10")
    directory.file_meta.MediaStorageSOPInstanceUID = UID("2.25.5")
    directory.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1")
    directory.save_as(place / "ct" / "DICOMDIR", enforce_file_format=True)


def notes(place: Path) -> None:
    (place / "ct" / "notes.txt").write_text("nothing to see")


PASSED_OVER: dict[str, tuple[Callable[[Path], object], str]] = {
    "of a mac": (of_a_mac, "3 file(s) of the operating system"),
    "of windows": (lambda place: shutil.copy(place / "names.json", place / "ct" / "Thumbs.db"), "1 file(s) of the op"),
    "a structure set": (a_structure_set, "1 DICOM file(s) without an image"),
    "a DICOMDIR": (a_directory, "1 DICOM file(s) without an image"),
    "a pipe": (lambda place: os.mkfifo(place / "ct" / "pipe"), "1 file(s) that are not DICOM"),
    "notes": (notes, "1 file(s) that are not DICOM"),
}


@pytest.mark.parametrize("kind", PASSED_OVER)
def test_what_is_no_image_is_passed_over_by_all_and_said(
    kind: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, words = PASSED_OVER[kind]
    change(place)
    for name, command in COMMANDS.items():
        assert main([*command(place), "-o", str(place / name)]) == 0
        assert words in capsys.readouterr().err


def test_a_folder_of_images_alone_is_read_without_a_word(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMANDS["masks"](place), "-o", str(place / "masks")]) == 0
    assert capsys.readouterr().err == ""


def test_slices_in_a_linked_folder_are_read_and_a_link_back_is_not_followed(place: Path) -> None:
    (place / "elsewhere").mkdir()
    for file in sorted((place / "ct").iterdir())[2:]:
        file.rename(place / "elsewhere" / file.name)
    (place / "ct" / "more").symlink_to(place / "elsewhere", target_is_directory=True)
    (place / "elsewhere" / "back").symlink_to(place / "ct", target_is_directory=True)
    for name, command in COMMANDS.items():
        assert main([*command(place), "-o", str(place / name)]) == 0
    written = pydicom.dcmread(place / "segment")
    study = written.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    assert len(study.RTReferencedSeriesSequence[0].ContourImageSequence) == PHANTOM.slices
    assert main([*COMMANDS["segment"](place), "-o", str(place / "elsewhere" / "0003.dcm"), "--force"]) == 1


def test_a_folder_that_cannot_be_listed_is_not_taken_for_an_empty_one(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "ct" / "more").mkdir()
    scandir = os.scandir

    def listed(path: str) -> object:
        if str(path).endswith("more"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", listed)
    for name, command in COMMANDS.items():
        assert main([*command(place), "-o", str(place / name)]) == 1
        assert not (place / name).exists()
