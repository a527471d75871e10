"""In a real Orthanc: what is stored for enhanced series names object and frame, and lies where they say."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedCTImageStorage, EnhancedMRImageStorage

from model.samples.build import series as sample
from tests.builders.adversarial_frames import everywhere
from tests.builders.enhanced_series import PHILIPS, SIEMENS, enhanced, legacy_converted
from tests.builders.marked import marks_in
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.unit.model.rtstruct.test_validators import dciodvfy, validator_errors

CT_RULE = AXIAL_CT | {"Then": {"Model": "hu-ct", "Target": "local", "Outputs": ["RTSTRUCT", "SEG"]}}
MR_RULE = {"Name": "heads", "When": {"Modality": "MR"}, "Then": {"Model": "deepbet", "Target": "local"}}
LUNG_HU = -700


@dataclass(frozen=True)
class Stored:
    """Enhanced objects in an Orthanc, the job that contoured them, and what was stored for it."""

    orthanc: OrthancProcess
    objects: list[Dataset]
    series: str
    job: dict[str, Any]
    rtstruct: Dataset

    @property
    def by_uid(self) -> dict[str, Dataset]:
        return {str(one.SOPInstanceUID): one for one in self.objects}


def contoured(orthanc: OrthancProcess, objects: Sequence[Dataset]) -> Stored:
    series = orthanc.store_all(files_of(list(objects)))
    job = orthanc.job_of(series, seconds=300)
    assert job["State"] == "done", job["Error"]
    rtstruct = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    return Stored(orthanc, list(objects), series, job, rtstruct)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    orthanc = OrthancProcess(tmp_path_factory.mktemp("enhanced"), section={"Rules": [CT_RULE, MR_RULE]}).start()
    yield orthanc
    orthanc.stop()


@pytest.fixture(scope="module")
def parts(server: OrthancProcess) -> Stored:
    """A CT in two parts, its frames in no order."""
    pytest.importorskip("highdicom", reason="the extra seg is not installed")
    return contoured(server, enhanced(phantom_series(Phantom(slices=10)), PHILIPS, parts=2, shuffle=11))


@pytest.fixture(scope="module")
def head(server: OrthancProcess) -> tuple[Stored, Stored]:
    """A real MR of a head: its classic slices, and an enhanced image of them."""
    pytest.importorskip("deepbet", reason="the model of heads is not installed")
    slices = [pydicom.dcmread(path) for path in sorted(sample("mr-head-thick").glob("*.dcm"))]
    for one in slices:
        one.EchoTime, one.RepetitionTime = "3.9", "8.5"
    return contoured(server, slices), contoured(server, enhanced(slices, SIEMENS, shuffle=2))


def height_of(group: Dataset) -> float:
    return float(group.PlanePositionSequence[0].ImagePositionPatient[2])


def test_every_contour_lies_on_the_frame_that_it_names(parts: Stored) -> None:
    count = 0
    for roi in parts.rtstruct.ROIContourSequence:
        for contour in roi.ContourSequence:
            (image,) = contour.ContourImageSequence
            assert image.ReferencedSOPClassUID == EnhancedCTImageStorage
            groups = parts.by_uid[image.ReferencedSOPInstanceUID].PerFrameFunctionalGroupsSequence
            named = groups[int(image.ReferencedFrameNumber) - 1]
            assert {round(float(z), 3) for z in contour.ContourData[2::3]} == {round(height_of(named), 3)}
            count += 1
    assert count >= 20


def inside(contour: Dataset, frame: Dataset, shared: Dataset) -> NDArray[np.bool_]:
    """(row, column): which pixels' centres lie in a contour of an axial frame, by crossings to the right."""
    x0, y0, _ = (float(value) for value in frame.PlanePositionSequence[0].ImagePositionPatient)
    measures = (shared if "PixelMeasuresSequence" in shared else frame).PixelMeasuresSequence[0]
    row_mm, column_mm = (float(value) for value in measures.PixelSpacing)
    points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
    xs, ys = (points[:, 0] - x0) / column_mm, (points[:, 1] - y0) / row_mm
    rows, columns = np.mgrid[:128, :128]
    found = np.zeros((128, 128), dtype=np.bool_)
    for (xa, ya), (xb, yb) in zip(
        zip(xs, ys, strict=True), zip(np.roll(xs, -1), np.roll(ys, -1), strict=True), strict=True
    ):
        crosses = (ya > rows) != (yb > rows)
        with np.errstate(divide="ignore", invalid="ignore"):
            found ^= crosses & (columns < xa + (rows - ya) / (yb - ya) * (xb - xa))
    return found


def test_an_independent_reader_finds_lung_in_the_contours_of_lungs(parts: Stored) -> None:
    names = {roi.ROINumber: str(roi.ROIName) for roi in parts.rtstruct.StructureSetROISequence}
    looked_at = set()
    for roi in parts.rtstruct.ROIContourSequence:
        if not names[roi.ReferencedROINumber].startswith("Lung_"):
            continue
        for contour in roi.ContourSequence:
            (image,) = contour.ContourImageSequence
            one, number = parts.by_uid[image.ReferencedSOPInstanceUID], int(image.ReferencedFrameNumber)
            frame = one.PerFrameFunctionalGroupsSequence[number - 1]
            rescale = frame.PixelValueTransformationSequence[0]
            hu = one.pixel_array[number - 1] * float(rescale.RescaleSlope) + float(rescale.RescaleIntercept)
            mask = inside(contour, frame, one.SharedFunctionalGroupsSequence[0])
            assert mask.sum() > 100
            assert hu[mask].mean() < LUNG_HU
            looked_at.add((names[roi.ReferencedROINumber], str(image.ReferencedSOPInstanceUID), number))
    assert len(looked_at) == 20


def test_each_part_is_listed_once_with_all_its_frames(parts: Stored) -> None:
    (frame,) = parts.rtstruct.ReferencedFrameOfReferenceSequence
    (series,) = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence
    assert series.SeriesInstanceUID == parts.objects[0].SeriesInstanceUID
    assert frame.FrameOfReferenceUID == parts.objects[0].FrameOfReferenceUID
    listed = {str(one.ReferencedSOPInstanceUID): list(one.ReferencedFrameNumber) for one in series.ContourImageSequence}
    assert listed == {uid: [1, 2, 3, 4, 5] for uid in parts.by_uid}


def stored_file(stored: Stored, instance: str, folder: Path) -> Path:
    path = folder / "stored.dcm"
    path.write_bytes(stored.orthanc.get(f"/instances/{instance}/file").content)
    return path


def test_no_validator_finds_an_error_in_what_is_stored_for_a_ct(parts: Stored, tmp_path: Path) -> None:
    path = stored_file(parts, parts.job["Rtstruct"], tmp_path)
    assert dciodvfy(path) == []
    assert validator_errors(path) == 0
    assert parts.job["Segmentation"] is not None, parts.job["Warnings"]
    assert dciodvfy(stored_file(parts, parts.job["Segmentation"], tmp_path)) == []


def test_no_validator_finds_an_error_in_what_is_stored_for_an_mr(head: tuple[Stored, Stored], tmp_path: Path) -> None:
    path = stored_file(head[1], head[1].job["Rtstruct"], tmp_path)
    assert dciodvfy(path) == []
    assert validator_errors(path) == 0


def test_it_is_found_under_the_study_with_patient_and_study_of_the_original(parts: Stored) -> None:
    original = parts.objects[0]
    query = {"StudyInstanceUID": str(original.StudyInstanceUID), "Modality": "RTSTRUCT"}
    answer = parts.orthanc.post("/tools/find", json={"Level": "Series", "Query": query, "Expand": True}).json()
    assert [one["Instances"] for one in answer] == [[parts.job["Rtstruct"]]]
    for keyword in ("PatientName", "PatientID", "StudyDate", "AccessionNumber", "StudyInstanceUID"):
        assert parts.rtstruct[keyword].value == original[keyword].value


def test_the_segmentation_names_objects_and_frames(parts: Stored) -> None:
    made = pydicom.dcmread(io.BytesIO(parts.orthanc.get(f"/instances/{parts.job['Segmentation']}/file").content))
    (series,) = made.ReferencedSeriesSequence
    assert {str(one.ReferencedSOPInstanceUID) for one in series.ReferencedInstanceSequence} == set(parts.by_uid)
    for group in made.PerFrameFunctionalGroupsSequence:
        (source,) = group.DerivationImageSequence[0].SourceImageSequence
        frames = parts.by_uid[source.ReferencedSOPInstanceUID].PerFrameFunctionalGroupsSequence
        assert height_of(frames[int(source.ReferencedFrameNumber) - 1]) == pytest.approx(height_of(group))


def test_the_picture_of_the_job_is_drawn_on_the_frames(parts: Stored) -> None:
    answer = parts.orthanc.get(f"/autocontour/jobs/{parts.job['ID']}/preview")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\x89PNG")


def outlines(stored: Stored) -> dict[str, list[list[str]]]:
    names = {roi.ROINumber: str(roi.ROIName) for roi in stored.rtstruct.StructureSetROISequence}
    return {
        names[roi.ReferencedROINumber]: sorted(list(map(str, one.ContourData)) for one in roi.ContourSequence)
        for roi in stored.rtstruct.ROIContourSequence
    }


def test_enhanced_mr_gives_the_contours_of_the_classic_one(head: tuple[Stored, Stored]) -> None:
    classic, enhanced_one = head
    assert outlines(enhanced_one) == outlines(classic)
    assert outlines(classic).keys() == {"Brain"}
    image = enhanced_one.rtstruct.ROIContourSequence[0].ContourSequence[0].ContourImageSequence[0]
    assert image.ReferencedSOPClassUID == EnhancedMRImageStorage


def test_a_legacy_converted_ct_gives_the_contours_of_the_classic_one(server: OrthancProcess) -> None:
    pytest.importorskip("highdicom", reason="the extra seg is not installed")
    slices = phantom_series(Phantom(slices=8))
    classic = contoured(server, slices)
    converted = contoured(server, [legacy_converted(slices)])
    assert outlines(converted) == outlines(classic)
    image = converted.rtstruct.ROIContourSequence[0].ContourSequence[0].ContourImageSequence[0]
    assert image.ReferencedSOPClassUID.name == "Legacy Converted Enhanced CT Image Storage"


def test_the_command_line_reads_the_contours_of_a_job_back(parts: Stored, tmp_path: Path) -> None:
    folder = tmp_path / "ct"
    folder.mkdir()
    for number, one in enumerate(parts.objects):
        one.save_as(folder / f"{number}.dcm", enforce_file_format=True)
    path = stored_file(parts, parts.job["Rtstruct"], tmp_path)
    command = [str(Path(sys.executable).with_name("autocontour")), "masks", str(folder), str(path), "-o"]
    done = subprocess.run([*command, str(tmp_path / "masks"), "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "another image" not in done.stderr + done.stdout
    assert "not in the folder" not in done.stderr + done.stdout


def test_nothing_of_the_patient_is_in_what_would_leave_or_in_what_a_job_leaves_behind(server: OrthancProcess) -> None:
    objects = everywhere()
    files = files_of(objects)
    assert all(marks_in(file) for file in files)
    series = server.store_all(files)
    answer = server.get(f"/autocontour/series/{series}/outgoing", params={"format": "zip"})
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    slices = [pydicom.dcmread(io.BytesIO(content)) for name, content in contents.items() if name.endswith(".dcm")]
    assert len(slices) == sum(int(one.NumberOfFrames) for one in objects)
    assert [name for name, content in contents.items() if marks_in(name.encode() + content)] == []
    # A job of noise ends as it likes; what it leaves behind is silent as well.
    server.job_of(series, seconds=300)
    # The key was made before any patient came, and its random letters spell a mark now and then.
    left = contents_of([server.log, *(path for path in server.state.rglob("*") if path.name != "signing.key")])
    assert len(left) > 3
    assert [name for name, content in left if marks_in(name.encode() + content)] == []


def contents_of(paths: Sequence[Path]) -> list[tuple[str, bytes]]:
    """Name and content of each file that is still there: a gateway at work writes and removes some meanwhile."""
    found = []
    for path in paths:
        try:
            found.append((path.name, path.read_bytes()))
        except (FileNotFoundError, IsADirectoryError):
            continue
    return found
