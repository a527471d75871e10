"""``autocontour contours`` and ``masks``: what they give, and one sentence with status 1 for what cannot be right."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from model.contours.nifti_masks import affine_of
from plugin.cli import main
from tests.builders import series

PLAN = series.GEOMETRIES["oblique"]
GEOMETRY = series.geometry(PLAN)


def labels() -> NDArray[np.uint8]:
    made = np.zeros(GEOMETRY.shape, np.uint8)
    made[2:5, 10:30, 10:30] = 1
    made[3, 15:20, 15:20] = 0
    made[1:7, 40:50, 5:60] = 2
    return made


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a series, labels in both forms, and names."""
    series.write_series(PLAN, tmp_path / "images")
    np.save(tmp_path / "labels.npy", labels())
    nibabel.save(nibabel.Nifti1Image(labels().transpose(2, 1, 0), affine_of(GEOMETRY)), tmp_path / "labels.nii.gz")
    (tmp_path / "names.json").write_text('{"1": "Heart", "2": "Lung_L", "3": "Brain"}')
    return tmp_path


def contours(place: Path, *more: str, files: tuple[str, ...] = ("labels.npy",), names: str = "names.json") -> int:
    paths = [str(place / file) for file in files]
    return main(
        [
            "contours",
            str(place / "images"),
            *paths,
            "--names",
            str(place / names),
            "-o",
            str(place / "out.dcm"),
            "--force",
            *more,
        ]
    )


def refused(capsys: pytest.CaptureFixture[str], code: str) -> None:
    """One sentence on standard error, nothing on standard output."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("autocontour: ")
    assert captured.err.endswith(f"[{code}]\n")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("file", ["labels.npy", "labels.nii.gz"])
def test_labels_come_back_as_masks_voxel_for_voxel(file: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert contours(place, files=(file,)) == 0
    told = capsys.readouterr()
    assert "Heart" in told.out
    assert 'structure "Brain" is left out' in told.err
    assert main(["masks", str(place / "images"), str(place / "out.dcm"), "-o", str(place / "masks")]) == 0
    for label, name in ((1, "Heart"), (2, "Lung_L")):
        image: Any = nibabel.load(place / "masks" / f"{name}.nii.gz")
        assert np.array_equal(np.asarray(image.dataobj).transpose(2, 1, 0), labels() == label)
    assert not (place / "masks" / "Brain.nii.gz").exists()


def test_structures_of_several_files_may_overlap(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(place / "more.npy", np.where(labels() == 1, 0, 3).astype(np.int16))
    assert contours(place, files=("labels.npy", "more.npy")) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["Heart", "Lung_L", "Brain"]


def test_each_run_makes_a_new_series(place: Path) -> None:
    uids = set()
    for _ in range(2):
        assert contours(place) == 0
        made = dcmread(place / "out.dcm")
        uids |= {str(made.SOPInstanceUID), str(made.SeriesInstanceUID)}
    assert len(uids) == 4


def test_a_tolerance_makes_a_smaller_file(place: Path) -> None:
    disc = np.hypot(*np.mgrid[-32:32, -32:32]) < 25
    np.save(place / "labels.npy", np.broadcast_to(disc, GEOMETRY.shape).astype(np.uint8))
    assert contours(place) == 0
    exact = (place / "out.dcm").stat().st_size
    assert contours(place, "--tolerance", "2") == 0
    assert (place / "out.dcm").stat().st_size < exact


def test_holes_are_contours_of_their_own_on_request(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert contours(place) == 0
    assert contours(place, "--nested") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(row[1], row[-2]) for row in rows if row[1] == "Heart"] == [("Heart", "3"), ("Heart", "4")]


def test_a_segmentation_is_written_beside_it_on_request(place: Path) -> None:
    pytest.importorskip("highdicom", reason="the extra seg is not installed")
    assert contours(place, "--seg", str(place / "seg.dcm")) == 0
    assert [str(one.SegmentLabel) for one in dcmread(place / "seg.dcm").SegmentSequence] == ["Heart", "Lung_L"]


def test_nothing_but_the_table_is_shown_in_a_pipe(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "names.json").write_text('{"1": "Heart", "2": "Lung_L"}')
    assert contours(place) == 0
    assert capsys.readouterr().err == ""


def test_missing_slices_and_localizers_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = replace(series.GEOMETRIES["missing slices"], localizers=2)
    series.write_series(plan, tmp_path / "images")
    np.save(tmp_path / "labels.npy", np.ones(series.geometry(plan).shape, np.uint8))
    (tmp_path / "names.json").write_text('{"1": "Heart"}')
    assert contours(tmp_path) == 0
    said = capsys.readouterr().err
    assert "3 slice(s) are missing" in said
    assert "2 localizer image(s)" in said


def test_other_files_in_the_folder_are_passed_over(place: Path) -> None:
    (place / "images" / "README.txt").write_text("not an image")
    assert contours(place) == 0
    (place / "out.dcm").rename(place / "images" / "structures.dcm")
    assert contours(place) == 0


def test_compressed_images_are_whole_when_their_fragments_are(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in sorted((place / "images").iterdir()):
        image = dcmread(path)
        image.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.90")
        image.PixelData = encapsulate([b"\xff\x4f\xff\x51" + bytes(500)])
        image["PixelData"].VR = "OB"
        image.save_as(path)
    assert contours(place) == 0
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    capsys.readouterr()
    assert contours(place) == 1
    refused(capsys, "SLICE_CORRUPT")


def test_a_folder_that_is_not_there_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["masks", str(place / "nowhere"), str(place / "images" / "image0000.dcm"), "-o", str(place)]) == 1
    refused(capsys, "NO_FOLDER")


def test_a_folder_without_dicom_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (place / "images").iterdir():
        path.unlink()
    (place / "images" / "notes.txt").write_text("nothing")
    assert contours(place) == 1
    refused(capsys, "NO_DICOM")


def test_two_series_in_the_folder_are_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series.write_series(replace(PLAN, number=2), place / "images" / "other")
    assert contours(place) == 1
    refused(capsys, "SERIES_MIXED")


@pytest.mark.parametrize("kept", [0, 64, 131, 140, 200, 400, 600, 1200, -1, -2000])
def test_a_corrupt_slice_is_refused(kept: int, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = place / "images" / "image0003.dcm"
    path.write_bytes(path.read_bytes()[:kept])
    assert contours(place) == 1
    refused(capsys, "SLICE_CORRUPT")


def test_a_slice_full_of_noise_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).bytes(4000)
    (place / "images" / "image0003.dcm").write_bytes(bytes(128) + b"DICM" + noise)
    assert contours(place) == 1
    refused(capsys, "SLICE_CORRUPT")


def test_nifti_of_another_patients_grid_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    affine = np.diag([-0.8, -0.8, 5.0, 1.0])
    affine[:3, 3] = (200.0, 200.0, -900.0)
    nibabel.save(nibabel.Nifti1Image(np.ones((512, 512, 4), np.uint8), affine), place / "labels.nii.gz")
    assert contours(place, files=("labels.nii.gz",)) == 1
    refused(capsys, "LABELS_OUTSIDE")


def test_a_label_without_a_name_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "names.json").write_text('{"1": "Heart"}')
    assert contours(place) == 1
    refused(capsys, "LABEL_WITHOUT_NAME")


def test_names_that_collide_after_shortening_are_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = "an unusually long name of a structure "
    (place / "names.json").write_text(json.dumps({"1": long + "alpha", "2": long + "alphe"}))
    assert contours(place) == 1
    refused(capsys, "NAMES_COLLIDE")


def test_one_label_in_two_files_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert contours(place, files=("labels.npy", "labels.nii.gz")) == 1
    refused(capsys, "LABEL_TWICE")


def test_probabilities_are_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(place / "labels.npy", labels() * 0.4)
    assert contours(place) == 1
    refused(capsys, "LABELS_NUMBERS")


def test_labels_of_another_shape_are_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(place / "labels.npy", labels()[1:])
    assert contours(place) == 1
    refused(capsys, "LABELS_SHAPE")


def test_labels_that_are_all_zero_are_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(place / "labels.npy", np.zeros(GEOMETRY.shape, np.uint8))
    assert contours(place) == 1
    refused(capsys, "NOTHING_DRAWN")


def test_an_output_that_cannot_be_written_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert contours(place, "-o", str(place / "no" / "such" / "folder" / "out.dcm")) == 1
    refused(capsys, "OUTPUT")


def test_an_rtstruct_of_another_series_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert contours(place) == 0
    other = series.write_series(replace(PLAN, number=3), place / "other")
    capsys.readouterr()
    assert main(["masks", str(other), str(place / "out.dcm"), "-o", str(place / "masks")]) == 1
    refused(capsys, "OTHER_SERIES")
    assert not (place / "masks").exists()


@pytest.mark.parametrize("content", [b"", b"no dicom" * 100])
def test_a_file_that_is_no_structure_set_is_refused(
    content: bytes, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "broken.dcm").write_bytes(content)
    assert main(["masks", str(place / "images"), str(place / "broken.dcm"), "-o", str(place / "masks")]) == 1
    refused(capsys, "NOT_RTSTRUCT")


def test_an_image_in_place_of_a_structure_set_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = str(place / "images" / "image0000.dcm")
    assert main(["masks", str(place / "images"), image, "-o", str(place / "masks")]) == 1
    refused(capsys, "NOT_RTSTRUCT")


def test_a_structure_set_that_is_cut_short_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert contours(place) == 0
    whole = (place / "out.dcm").read_bytes()
    (place / "out.dcm").write_bytes(whole[: len(whole) * 2 // 3])
    capsys.readouterr()
    assert main(["masks", str(place / "images"), str(place / "out.dcm"), "-o", str(place / "masks")]) == 1
    refused(capsys, "NOT_RTSTRUCT")


def test_wrong_usage_is_status_2(place: Path) -> None:
    with pytest.raises(SystemExit) as end:
        contours(place, "--tolerance", "-1")
    assert end.value.code == 2


def test_uneven_slices_are_right_by_index_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = series.GEOMETRIES["uneven spacing"]
    series.write_series(plan, tmp_path / "images")
    made = np.zeros(series.geometry(plan).shape, np.uint8)
    made[2:6, 10:20, 30:40] = 1
    np.save(tmp_path / "labels.npy", made)
    (tmp_path / "names.json").write_text('{"1": "Heart"}')
    assert contours(tmp_path) == 0
    assert main(["masks", str(tmp_path / "images"), str(tmp_path / "out.dcm"), "-o", str(tmp_path / "masks")]) == 0
    assert "not evenly spaced" in capsys.readouterr().err
    image: Any = nibabel.load(tmp_path / "masks" / "Heart.nii.gz")
    assert np.array_equal(np.asarray(image.dataobj).transpose(2, 1, 0), made)
