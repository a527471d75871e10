"""Slices that are not contoured, and slices of two people, are said: in the job, the RTSTRUCT and the certificate."""

from __future__ import annotations

import io

import numpy as np
import pydicom
from pydicom import Dataset

from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import Phantom, files_of, phantom_series


def stranger(slices: list[Dataset], **attributes: object) -> Dataset:
    """One more slice of the series, with other attributes."""
    extra = phantom_series(Phantom(slices=1))[0]
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "PatientID", "PatientName"):
        setattr(extra, keyword, getattr(slices[0], keyword))
    for keyword, value in attributes.items():
        setattr(extra, keyword, value)
    return extra


def test_slices_that_are_set_aside_are_named_everywhere_with_the_reason(orthanc: OrthancProcess) -> None:
    slices = phantom_series(Phantom(slices=16))
    scout = stranger(
        slices, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], ImageOrientationPatient=[0, 1, 0, 0, 0, -1]
    )
    tilt = np.radians(2.0)
    turned = [round(float(v), 6) for v in (1, 0, 0, 0, np.cos(tilt), np.sin(tilt))]
    strays = [
        stranger(slices, ImageOrientationPatient=turned, ImagePositionPatient=[-192, -192, -310 - 5 * n])
        for n in (0, 1)
    ]
    stored = {
        str(one.SOPInstanceUID): orthanc.store(file)["ID"]
        for one, file in zip([scout, *strays], files_of([scout, *strays]), strict=True)
    }
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] == "done", job["Error"]
    assert {one["Instance"] for one in job["LeftOut"]} == set(stored.values())
    reasons = {one["Instance"]: one["Reason"] for one in job["LeftOut"]}
    assert reasons[stored[str(scout.SOPInstanceUID)]] == "localizer"
    assert all("another plane" in reasons[stored[str(one.SOPInstanceUID)]] for one in strays)
    (warning,) = job["Warnings"]
    assert warning.startswith("3 slice(s) of the series are left out: 1 localizer, 2 of another plane")
    made = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert warning in made.StructureSetDescription
    said = orthanc.json(f"/autocontour/evidence/{job['EvidenceCode']}")["document"]["body"]
    assert said["Pseudonymisation"]["LeftOut"] == {"localizer": 1, "plane": 2}
    assert any("3 images of the series were left out" in statement for statement in said["Statements"])


def test_a_whole_series_has_no_warning(orthanc: OrthancProcess) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert (job["State"], job["LeftOut"], job["Warnings"]) == ("done", [], [])


def test_two_names_under_one_number_are_a_warning_without_a_name(orthanc: OrthancProcess) -> None:
    slices = phantom_series()
    for one in slices[:4]:
        one.PatientName = "Verwechselt^Xaver"
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] == "done", job["Error"]
    (warning,) = job["Warnings"]
    assert "PatientName" in warning
    assert "verwechselt" not in str(job).lower()


def test_two_acquisitions_between_each_other_are_refused_by_their_numbers(orthanc: OrthancProcess) -> None:
    slices = phantom_series(Phantom(slices=16))
    for index, one in enumerate(slices):
        one.AcquisitionNumber = 1 + index % 2
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert (job["State"], job["Error"]["Code"]) == ("failed", "SEVERAL_VOLUMES")
    assert "8, 8 slices" in job["Error"]["Message"]


def test_another_breath_in_every_other_slice_is_flagged_in_job_rtstruct_and_rois(orthanc: OrthancProcess) -> None:
    slices = phantom_series(Phantom(slices=16))
    for one in slices[::2]:
        image = np.frombuffer(one.PixelData, "<i2").reshape(one.Rows, one.Columns)
        one.PixelData = np.roll(image, 4, axis=0).tobytes()
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] == "done", job["Error"]
    (warning,) = job["Warnings"]
    assert "two acquisitions" in warning
    assert job["Rois"]
    assert all(any("two acquisitions" in flag for flag in roi["Flags"]) for roi in job["Rois"])
    made = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert warning in made.StructureSetDescription


def test_slices_numbered_after_all_those_between_are_a_warning(orthanc: OrthancProcess) -> None:
    slices = phantom_series(Phantom(slices=16))
    for index, one in enumerate(slices):
        one.InstanceNumber = 1 + index // 2 + (8 if index % 2 else 0)
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] == "done", job["Error"]
    (warning,) = job["Warnings"]
    assert "InstanceNumber" in warning


def test_slices_that_were_moved_sideways_are_flagged_in_job_rtstruct_and_rois(orthanc: OrthancProcess) -> None:
    slices = phantom_series(Phantom(slices=16))
    for one in slices[:2]:
        x, y, z = (float(value) for value in one.ImagePositionPatient)
        one.ImagePositionPatient = [x + 40, y, z]
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] == "done", job["Error"]
    warning = next(one for one in job["Warnings"] if "2 slice(s) lie up to 40.0 mm beside the line" in one)
    assert job["Rois"]
    assert all(any("beside the line" in flag for flag in roi["Flags"]) for roi in job["Rois"])
    made = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert warning in made.StructureSetDescription
