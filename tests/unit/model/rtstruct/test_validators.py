"""Structure sets and segmentations before the field's validators: no error."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from dicom_validator.validator.dicom_file_validator import DicomFileValidator
from pydicom import dcmread

from model.seg.write import segmentation
from tests.builders import series
from tests.builders.dicom_tables import dicom_info
from tests.builders.drawings import NOW, drawing, written
from tests.builders.structures import dot, thirty

PLANS = pytest.mark.parametrize("name", ["axial", "sagittal", "oblique", "single slice", "with localizer"])


def dciodvfy(path: Path) -> list[str]:
    program = shutil.which("dciodvfy")
    assert program is not None, "dciodvfy is missing: install Debian's dicom3tools"
    answer = subprocess.run([program, str(path)], capture_output=True, text=True, check=False, timeout=60)
    return [line for line in (answer.stdout + answer.stderr).splitlines() if line.startswith("Error")]


def validator_errors(path: Path) -> int:
    (result,) = DicomFileValidator(dicom_info()).validate(str(path)).values()
    return int(result.errors)


@PLANS
def test_no_validator_finds_an_error(name: str, tmp_path: Path) -> None:
    plan = series.GEOMETRIES[name]
    path = tmp_path / "structures.dcm"
    path.write_bytes(written(plan, thirty(series.geometry(plan).shape)).content)
    assert dciodvfy(path) == []
    assert validator_errors(path) == 0


def test_no_validator_finds_an_error_after_a_sparse_header(tmp_path: Path) -> None:
    plan = series.GEOMETRIES["axial"]
    source = series.headers(plan)[0]
    kept = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "PatientID", "Modality")
    for element in list(source):
        if element.keyword not in kept:
            del source[element.tag]
    path = tmp_path / "structures.dcm"
    path.write_bytes(written(plan, [("Brain", dot((8, 64, 64), (0, 0, 0)))], source=source).content)
    assert dciodvfy(path) == []
    assert validator_errors(path) == 0


@pytest.mark.parametrize("keyword", ["StructureSetLabel", "PatientID", "Modality", "StudyInstanceUID"])
def test_the_tables_find_what_is_missing(keyword: str, tmp_path: Path) -> None:
    content = written(series.GEOMETRIES["axial"], [("Brain", dot((8, 64, 64), (0, 0, 0)))]).content
    dataset = dcmread(io.BytesIO(content))
    del dataset[keyword]
    dataset.save_as(tmp_path / "broken.dcm")
    assert validator_errors(tmp_path / "broken.dcm") > 0


def test_the_tables_find_what_is_missing_in_an_item(tmp_path: Path) -> None:
    content = written(series.GEOMETRIES["axial"], [("Brain", dot((8, 64, 64), (0, 0, 0)))]).content
    dataset = dcmread(io.BytesIO(content))
    del dataset.ROIContourSequence[0].ContourSequence[0].ContourGeometricType
    dataset.save_as(tmp_path / "broken.dcm")
    assert validator_errors(tmp_path / "broken.dcm") > 0


def test_a_segmentation_holds_the_same_voxels_and_has_no_error(tmp_path: Path) -> None:
    plan = series.GEOMETRIES["oblique"]
    geometry = series.geometry(plan)
    made = [("External", np.ones(geometry.shape, bool)), *list(thirty(geometry.shape))[7:12]]
    by_uid = {str(one.SOPInstanceUID): one for one in series.headers(plan)}
    sources = [by_uid[plane.sop_instance_uid] for plane in geometry.planes]
    content = segmentation(geometry, sources, drawing(made), label="autocontour", now=NOW)
    path = tmp_path / "segmentation.dcm"
    path.write_bytes(content)
    assert dciodvfy(path) == []
    dataset = dcmread(io.BytesIO(content))
    assert [str(segment.SegmentLabel) for segment in dataset.SegmentSequence] == [label for label, _ in made]
    uids = [plane.sop_instance_uid for plane in geometry.planes]
    frames = dataset.pixel_array
    masks = {number: np.zeros(geometry.shape, bool) for number in range(1, len(made) + 1)}
    for frame, groups in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        source = groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        masks[number][uids.index(str(source))] = frame
    assert all(np.array_equal(masks[number], mask) for number, (_, mask) in enumerate(made, start=1))
