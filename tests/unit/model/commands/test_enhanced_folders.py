"""The commands on folders of enhanced images: contours name object and frame, and come back voxel for voxel."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedCTImageStorage, JPEGLSLossless

from plugin.cli import main
from tests.builders.enhanced_pixels import EXTENDED, Encapsulation
from tests.builders.enhanced_series import SIEMENS, enhanced
from tests.builders.phantom import Phantom, phantom_series

PHANTOM = Phantom(slices=9)


def stored(folder: Path, objects: list[Dataset]) -> Path:
    folder.mkdir()
    for number, one in enumerate(objects):
        one.save_as(folder / f"{number}.dcm", enforce_file_format=True)
    return folder


@pytest.fixture
def objects() -> list[Dataset]:
    how = Encapsulation(EXTENDED)
    return enhanced(phantom_series(PHANTOM), SIEMENS, parts=2, shuffle=5, syntax=JPEGLSLossless, encapsulation=how)


def points(path: Path) -> dict[str, list[list[str]]]:
    made = dcmread(path)
    names = {roi.ROINumber: str(roi.ROIName) for roi in made.StructureSetROISequence}
    return {
        names[roi.ReferencedROINumber]: [list(map(str, one.ContourData)) for one in roi.ContourSequence]
        for roi in made.ROIContourSequence
    }


def test_segment_draws_on_frames_what_it_draws_on_slices(tmp_path: Path, objects: list[Dataset]) -> None:
    for name, given in (("slices", phantom_series(PHANTOM)), ("frames", objects)):
        folder = stored(tmp_path / name, given)
        assert main(["segment", str(folder), "-o", str(tmp_path / f"{name}.dcm")]) == 0
    assert points(tmp_path / "frames.dcm") == points(tmp_path / "slices.dcm")
    heights = {
        (str(one.SOPInstanceUID), number): float(group.PlanePositionSequence[0].ImagePositionPatient[2])
        for one in objects
        for number, group in enumerate(one.PerFrameFunctionalGroupsSequence, start=1)
    }
    for roi in dcmread(tmp_path / "frames.dcm").ROIContourSequence:
        for contour in roi.ContourSequence:
            (image,) = contour.ContourImageSequence
            assert image.ReferencedSOPClassUID == EnhancedCTImageStorage
            named = (str(image.ReferencedSOPInstanceUID), int(image.ReferencedFrameNumber))
            assert float(contour.ContourData[2]) == pytest.approx(heights[named])


def test_labels_come_back_voxel_for_voxel(
    tmp_path: Path, objects: list[Dataset], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = stored(tmp_path / "frames", objects)
    labels = (np.random.default_rng(3).random((PHANTOM.slices, 128, 128)) > 0.6).astype(np.uint8)
    np.save(tmp_path / "labels.npy", labels)
    (tmp_path / "names.json").write_text(json.dumps({"1": "Heart"}))
    structures = tmp_path / "structures.dcm"
    command = ["contours", str(folder), str(tmp_path / "labels.npy"), "--names", str(tmp_path / "names.json")]
    assert main([*command, "-o", str(structures)]) == 0
    capsys.readouterr()
    assert main(["masks", str(folder), str(structures), "-o", str(tmp_path / "masks"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["Warnings"] == []
    assert [roi["Voxels"] for roi in document["Rois"]] == [int(labels.sum())]
    image = nibabel.as_closest_canonical(nibabel.Nifti1Image.from_filename(tmp_path / "masks" / "Heart.nii.gz"))
    # NIfTI counts to the patient's right and front, DICOM to the left and back.
    found = np.asarray(image.dataobj)[::-1, ::-1].transpose(2, 1, 0)
    assert np.array_equal(found, labels)


def test_a_missing_part_of_a_concatenation_is_said(
    tmp_path: Path, objects: list[Dataset], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = stored(tmp_path / "frames", objects[:1])
    assert main(["segment", str(folder), "-o", str(tmp_path / "out.dcm")]) == 1
    assert "CONCATENATION" in capsys.readouterr().err
    assert not (tmp_path / "out.dcm").exists()
