"""What a rule asks of the result: which ROIs, under which names, and a DICOM SEG beside the RTSTRUCT."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]

RULE = AXIAL_CT | {"Then": {"Model": "hu-ct", "Target": "local", "Structures": "lungs", "Outputs": ["RTSTRUCT", "SEG"]}}
TEMPLATES = {"lungs": {"Rois": ["Lung_*"], "Rename": {"Lung_L": "Lunge_li"}}, "none": ["Heart"]}


def test_a_template_selects_and_renames_and_a_segmentation_lies_beside(start_orthanc: Start, tmp_path: Path) -> None:
    pytest.importorskip("highdicom", reason="the extra seg is not installed")
    orthanc = start_orthanc(section={"Rules": [RULE], "Structures": TEMPLATES})
    slices = phantom_series()
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] == "done", job["Error"]
    assert sorted(roi["Name"] for roi in job["Rois"]) == ["Lung_R", "Lunge_li"]
    file = orthanc.get(f"/instances/{job['Rtstruct']}/file").content
    rtstruct = pydicom.dcmread(io.BytesIO(file))
    assert sorted(str(roi.ROIName) for roi in rtstruct.StructureSetROISequence) == ["Lung_R", "Lunge_li"]
    numbers = {int(roi.ROINumber) for roi in rtstruct.StructureSetROISequence}
    assert {int(item.ReferencedROINumber) for item in rtstruct.ROIContourSequence} == numbers
    assert {int(item.ReferencedROINumber) for item in rtstruct.RTROIObservationsSequence} == numbers
    path = tmp_path / "rtstruct.dcm"
    path.write_bytes(file)
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False).stderr
    assert [line for line in said.splitlines() if line.startswith("Error")] == []

    made = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Segmentation']}/file").content))
    assert made.Modality == "SEG"
    assert made.PatientID == slices[0].PatientID
    assert made.StudyInstanceUID == slices[0].StudyInstanceUID
    assert sorted(str(segment.SegmentLabel) for segment in made.SegmentSequence) == ["Lung_R", "Lunge_li"]
    originals = {str(one.SOPInstanceUID) for one in slices}
    referenced = {
        str(one.ReferencedSOPInstanceUID) for one in made.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    }
    assert referenced <= originals
    modalities = sorted(series["MainDicomTags"]["Modality"] for series in orthanc.json("/series?expand"))
    assert modalities == ["CT", "RTSTRUCT", "SEG"]


def test_a_template_of_nothing_that_was_drawn_fails_and_stores_nothing(start_orthanc: Start) -> None:
    rule = AXIAL_CT | {"Then": {"Model": "hu-ct", "Target": "local", "Structures": "none"}}
    orthanc = start_orthanc(section={"Rules": [rule], "Structures": TEMPLATES})
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert (job["State"], job["Error"]["Code"]) == ("failed", "NOTHING_WANTED")
    assert "none" in job["Error"]["Message"]
    assert orthanc.rtstructs() == []
