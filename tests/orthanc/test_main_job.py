"""A series stored in Orthanc comes back as an RTSTRUCT under its own study, by itself, and nothing else is left."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest

from model.samples.build import demo_series
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

PATIENT_AND_STUDY = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime"),
    *("StudyID", "AccessionNumber", "ReferringPhysicianName", "StudyDescription", "SpecificCharacterSet"),
)


@pytest.fixture(scope="module")
def thorax(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The demo's CT, contoured in an Orthanc of its own: (orthanc, its files, the job)."""
    files = sorted(demo_series().glob("*.dcm"))
    orthanc = OrthancProcess(tmp_path_factory.mktemp("thorax")).start()
    yield orthanc, files, orthanc.job_of(orthanc.store_all(files), seconds=240)
    orthanc.stop()


def rtstruct_of(orthanc: OrthancProcess, job: dict[str, Any]) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))


def test_a_real_thorax_ct_gets_its_contours(thorax: Any) -> None:
    _, files, job = thorax
    assert job["State"] == "done", job["Error"]
    assert job["Instances"] == len(files)
    assert {roi["Name"] for roi in job["Rois"]} >= {"External", "Lung_L", "Lung_R", "SpinalCanal"}
    volumes = {roi["Name"]: roi["Volume"] for roi in job["Rois"]}
    assert 700 < volumes["Lung_L"] < 4000
    assert 700 < volumes["Lung_R"] < 4000
    assert job["Error"] is None
    assert job["EvidenceCode"]


def test_findings_stand_in_the_job_and_in_what_is_stored(thorax: Any) -> None:
    orthanc, _, job = thorax
    flags = {roi["Name"]: roi["Flags"] for roi in job["Rois"]}
    assert flags["Lung_L"] == ["reaches the first or last slice, may be incomplete"]
    assert flags["SpinalCanal"] == []
    said = {str(roi.ROIName): str(roi.ROIDescription) for roi in rtstruct_of(orthanc, job).StructureSetROISequence}
    assert said["Lung_L"].endswith("; reaches the first or last slice, may be incomplete")
    assert said["SpinalCanal"] == "Spinal canal"
    assert {one["Label"]: one["Reason"] for one in job["NotDrawn"]}.keys() == {"Brain"}
    assert "Brain" not in said


def test_every_stage_has_its_time(thorax: Any) -> None:
    _, _, job = thorax
    assert set(job["Timings"]) >= {"pseudonymise", "gate", "volume", "engine", "contours", "restore", "store", "erase"}
    assert all(seconds >= 0 for seconds in job["Timings"].values())


def test_the_rtstruct_lies_under_the_original_study(thorax: Any) -> None:
    orthanc, _, job = thorax
    assert orthanc.json(f"/instances/{job['Rtstruct']}/study")["ID"] == job["Study"]


def test_there_is_no_third_study_or_series(thorax: Any) -> None:
    orthanc, _, _ = thorax
    assert len(orthanc.json("/patients")) == 1
    assert len(orthanc.json("/studies")) == 1
    modalities = sorted(series["MainDicomTags"]["Modality"] for series in orthanc.json("/series?expand"))
    assert modalities == ["CT", "RTSTRUCT"]


def test_patient_and_study_are_the_originals(thorax: Any) -> None:
    orthanc, files, job = thorax
    source, made = pydicom.dcmread(files[0], stop_before_pixels=True), rtstruct_of(orthanc, job)
    for keyword in PATIENT_AND_STUDY:
        assert made.get(keyword) == source.get(keyword), keyword


def test_every_reference_resolves_to_the_original(thorax: Any) -> None:
    orthanc, files, job = thorax
    made = rtstruct_of(orthanc, job)
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in files]
    originals = {str(header.SOPInstanceUID) for header in headers}
    frame = made.ReferencedFrameOfReferenceSequence[0]
    assert frame.FrameOfReferenceUID == headers[0].FrameOfReferenceUID
    study = frame.RTReferencedStudySequence[0]
    assert study.ReferencedSOPInstanceUID == headers[0].StudyInstanceUID
    series = study.RTReferencedSeriesSequence[0]
    assert series.SeriesInstanceUID == headers[0].SeriesInstanceUID
    assert {str(item.ReferencedSOPInstanceUID) for item in series.ContourImageSequence} == originals
    for roi in made.ROIContourSequence:
        for contour in roi.ContourSequence:
            assert str(contour.ContourImageSequence[0].ReferencedSOPInstanceUID) in originals
    assert {str(roi.ReferencedFrameOfReferenceUID) for roi in made.StructureSetROISequence} == {
        str(headers[0].FrameOfReferenceUID)
    }


def test_dciodvfy_finds_no_error(thorax: Any, tmp_path: Path) -> None:
    orthanc, _, job = thorax
    path = tmp_path / "rtstruct.dcm"
    path.write_bytes(orthanc.get(f"/instances/{job['Rtstruct']}/file").content)
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False).stderr
    assert "RTStructureSet" in said
    assert [line for line in said.splitlines() if line.startswith("Error")] == []


def test_nothing_is_left_in_the_spool(thorax: Any) -> None:
    orthanc, _, _ = thorax
    assert list((orthanc.state / "spool").iterdir()) == []


def test_files_of_the_state_directory_are_private(thorax: Any) -> None:
    orthanc, _, _ = thorax
    found = [orthanc.state, *orthanc.state.rglob("*")]
    assert len(found) > 5
    for path in found:
        mode = path.stat().st_mode & 0o777
        assert mode == (0o700 if path.is_dir() else 0o600), f"{path.name} {mode:o}"


def test_the_preview_is_a_picture(thorax: Any) -> None:
    orthanc, _, job = thorax
    for parameters in ({}, {"Plane": "axial"}, {"Plane": "coronal", "Slice": "100"}):
        answer = orthanc.get(f"/autocontour/jobs/{job['ID']}/preview", params=parameters)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")


def test_the_same_series_sent_again_makes_no_second_job(orthanc: OrthancProcess) -> None:
    files = files_of(phantom_series())
    series = orthanc.store_all(files)
    first = orthanc.job_of(series)
    assert first["State"] == "done", first["Error"]
    orthanc.store_all(files)
    # A second series is the clock: when it is done, the first one's news were read as well.
    orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert [job["ID"] for job in orthanc.jobs(Series=series)] == [first["ID"]]
    assert len(orthanc.rtstructs()) == 2


def test_slices_in_any_order_are_one_volume(orthanc: OrthancProcess) -> None:
    files = files_of(phantom_series())
    job = orthanc.job_of(orthanc.store_all(files[::2] + files[1::2][::-1]))
    assert job["State"] == "done", job["Error"]


def test_other_modalities_make_no_job(orthanc: OrthancProcess) -> None:
    report = phantom_series(Modality="US")[0]
    series = orthanc.store_all(files_of([report]))
    orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert orthanc.jobs(Series=series) == []
    assert orthanc.jobs(Series=orthanc.rtstructs()[0]) == []


def test_a_slice_missing_in_the_middle_fails_and_says_where(orthanc: OrthancProcess) -> None:
    files = files_of(phantom_series())
    job = orthanc.job_of(orthanc.store_all(files[:5] + files[6:]))
    assert job["State"] == "failed"
    assert job["Error"]["Code"] == "GEOMETRY_GAP"
    assert "between -280.0 and -270.0 mm" in job["Error"]["Message"]
    assert job["Rtstruct"] is None
    assert orthanc.rtstructs() == []


def test_the_missing_slice_makes_a_new_job_that_supersedes(orthanc: OrthancProcess) -> None:
    files = files_of(phantom_series())
    series = orthanc.store_all(files[:5] + files[6:])
    assert orthanc.job_of(series)["State"] == "failed"
    orthanc.store(files[5])
    until(lambda: len(orthanc.jobs(Series=series)) == 2, "a second job")
    newest = orthanc.job_of(series)
    assert newest["State"] == "done", newest["Error"]
    assert orthanc.jobs(Series=series)[1]["State"] == "superseded"


def test_a_person_can_ask_for_contours(orthanc: OrthancProcess) -> None:
    series = orthanc.store_all(files_of(phantom_series()))
    assert orthanc.job_of(series)["State"] == "done"
    answer = orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct"})
    assert answer.status_code == 202, answer.text
    job = orthanc.job_of(series)
    assert job["ID"] == answer.json()["ID"]
    assert job["State"] == "done"
    assert len(orthanc.rtstructs()) == 2


def test_the_rules_are_explained_without_starting_anything(orthanc: OrthancProcess) -> None:
    series = orthanc.store_all(files_of(phantom_series(Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4")))
    answer = orthanc.post("/autocontour/routing/explain", json={"Series": series}).json()
    assert answer["Outcome"] == "none"
    assert answer["Rules"][0]["Conditions"][0] | {"Matched": False} == answer["Rules"][0]["Conditions"][0]
    given = orthanc.post("/autocontour/routing/explain", json={"Tags": {"Modality": "CT", "Orientation": "AXIAL"}})
    assert given.json()["Outcome"] == "contour"
    assert orthanc.jobs(Series=series) == []
