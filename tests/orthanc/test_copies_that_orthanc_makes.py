"""What becomes of series that Orthanc anonymizes, modifies, merges or recycles, under the shipped rule."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import Any

import pydicom
import pytest
from pydicom import Dataset

from plugin.commands.orthanc_json import read_configuration
from tests.builders.orthanc_process import CHECKOUT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    rules = read_configuration(CHECKOUT / "orthanc.json")["AutoContour"]["Rules"]
    server = OrthancProcess(tmp_path_factory.mktemp("copies"), section={"Rules": rules}).start()
    yield server
    server.stop()


@pytest.fixture
def orthanc(running: OrthancProcess) -> Iterator[OrthancProcess]:
    yield running
    running.wipe()


def contoured(orthanc: OrthancProcess) -> dict[str, Any]:
    """A new series and its job, which is done."""
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    return job


def made(orthanc: OrthancProcess, path: str, body: dict[str, Any]) -> set[str]:
    """What Orthanc's modification answers with, once the CT series that it made are there: their ids."""
    before = set(orthanc.json("/series"))
    answer = orthanc.post(path, json=body)
    assert answer.status_code == 200, answer.text
    new = set(orthanc.json("/series")) - before
    return {one for one in new if orthanc.json(f"/series/{one}")["MainDicomTags"]["Modality"] == "CT"}


def file_of(orthanc: OrthancProcess, instance: str) -> Dataset:
    return pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{instance}/file").content))


def drawn_on(structures: Dataset) -> str:
    """The SeriesInstanceUID of the images that a structure set refers to."""
    study = structures.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    return str(study.RTReferencedSeriesSequence[0].SeriesInstanceUID)


def made_from(orthanc: OrthancProcess, instance: str) -> list[str]:
    """The instances that Orthanc made by modifying this one."""
    found = orthanc.json("/instances")
    metadata = {one: orthanc.json(f"/instances/{one}/metadata?expand") for one in found}
    return [one for one, texts in metadata.items() if texts.get("ModifiedFrom") == instance]


def says_of(orthanc: OrthancProcess, job: dict[str, Any], words: str) -> None:
    """The job's warnings hold these words, once intake has looked."""

    def said() -> bool:
        return any(words in warning for warning in orthanc.json(f"/autocontour/jobs/{job['ID']}")["Warnings"])

    until(said, f"the job says: {words}", 120)


@pytest.mark.parametrize("level", ["series", "studies", "patients"])
def test_an_anonymized_copy_is_left_alone_and_explained(orthanc: OrthancProcess, level: str) -> None:
    source = contoured(orthanc)
    patient = orthanc.json(f"/series/{source['Series']}/patient")["ID"]
    ids = {"series": source["Series"], "studies": source["Study"], "patients": patient}
    (copy,) = made(orthanc, f"/{level}/{ids[level]}/anonymize", {})
    contoured(orthanc)  # came later, and is decided on later
    assert orthanc.jobs(Series=copy) == []
    explained = orthanc.post("/autocontour/routing/explain", json={"Series": copy}).json()
    assert explained["Outcome"] == "none"
    found = {one["Fact"]: one["Found"] for one in explained["Rules"][0]["Conditions"]}
    assert found["Not.Any[0].Anonymized"] is True


def test_a_copy_that_another_orthanc_anonymized_is_left_alone(orthanc: OrthancProcess) -> None:
    source = contoured(orthanc)
    (copy,) = made(orthanc, f"/series/{source['Series']}/anonymize", {})
    files = [orthanc.get(f"/instances/{one}/file").content for one in orthanc.json(f"/series/{copy}")["Instances"]]
    orthanc.wipe()  # and with the copy what this Orthanc knew of how it was made
    again = orthanc.store_all(files)
    assert again == copy
    contoured(orthanc)
    assert orthanc.jobs(Series=again) == []


def test_a_series_whose_source_was_anonymized_away_keeps_its_contours_but_gets_no_new_ones(
    orthanc: OrthancProcess,
) -> None:
    source = contoured(orthanc)
    (copy,) = made(orthanc, f"/studies/{source['Study']}/anonymize", {"KeepSource": False})
    contoured(orthanc)
    assert orthanc.jobs(Series=copy) == []
    assert orthanc.get(f"/instances/{source['Rtstruct']}").status_code == 404
    old = orthanc.jobs(Series=source["Series"])
    assert [one["ID"] for one in old] == [source["ID"]], "the job stays in the list; its series is gone"


def test_a_corrected_patient_id_has_contours_of_its_own_beside_a_copy_of_the_old(orthanc: OrthancProcess) -> None:
    old = contoured(orthanc)
    patient = orthanc.json(f"/series/{old['Series']}/patient")["ID"]
    correction = {"Replace": {"PatientID": "CORRECTED"}, "Force": True, "KeepSource": False}
    (corrected,) = made(orthanc, f"/patients/{patient}/modify", correction)
    new = orthanc.job_of(corrected)
    assert new["State"] == "done", new["Error"]
    structures = file_of(orthanc, new["Rtstruct"])
    assert structures.PatientID == "CORRECTED"
    assert drawn_on(structures) == orthanc.json(f"/series/{corrected}")["MainDicomTags"]["SeriesInstanceUID"]
    assert orthanc.get(f"/instances/{old['Rtstruct']}").status_code == 404, "Orthanc took it away with its patient"
    (copy,) = made_from(orthanc, old["Rtstruct"])
    assert copy != new["Rtstruct"]
    assert file_of(orthanc, copy).PatientID == "CORRECTED"
    assert drawn_on(file_of(orthanc, copy)) != drawn_on(structures), "the copy refers to images that are gone"
    (said,) = new["Warnings"]
    assert f"(job {old['ID']}) to the instance {copy}; it refers to the images as they were before: delete it" in said
    says_of(orthanc, old, f"{corrected}, with the job {new['ID']}")
    says_of(orthanc, old, "Its RTSTRUCT is no longer in Orthanc, and neither is the series.")
    assert orthanc.json(f"/autocontour/jobs/{old['ID']}")["Rtstruct"] is None


def test_a_modified_copy_beside_its_source_says_where_the_contours_are(orthanc: OrthancProcess) -> None:
    old = contoured(orthanc)
    (copy,) = made(orthanc, f"/series/{old['Series']}/modify", {"Replace": {"SeriesDescription": "corrected"}})
    new = orthanc.job_of(copy)
    (said,) = new["Warnings"]
    assert f"(job {old['ID']}) stay where they are, in the instance {old['Rtstruct']}" in said
    says_of(orthanc, old, f"{copy}, with the job {new['ID']}")


def test_a_corrected_patient_id_under_the_same_uids_leaves_both_drawn_on_the_images(orthanc: OrthancProcess) -> None:
    old = contoured(orthanc)
    patient = orthanc.json(f"/series/{old['Series']}/patient")["ID"]
    uids = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]
    correction = {"Replace": {"PatientID": "CORRECTED"}, "Keep": uids, "Force": True, "KeepSource": False}
    (corrected,) = made(orthanc, f"/patients/{patient}/modify", correction)
    new = orthanc.job_of(corrected)
    assert new["State"] == "done", new["Error"]
    (copy,) = made_from(orthanc, old["Rtstruct"])
    assert drawn_on(file_of(orthanc, copy)) == drawn_on(file_of(orthanc, new["Rtstruct"]))
    (said,) = new["Warnings"]
    assert f"to the instance {copy}; there are two sets of contours for these images: delete one" in said


def test_a_series_merged_into_another_study_is_contoured_there(orthanc: OrthancProcess) -> None:
    target, moved = contoured(orthanc), contoured(orthanc)
    body = {"Resources": [moved["Series"]], "KeepSource": False}
    (merged,) = made(orthanc, f"/studies/{target['Study']}/merge", body)
    job = orthanc.job_of(merged)
    assert (job["State"], job["Study"]) == ("done", target["Study"]), job["Error"]
    assert orthanc.get(f"/instances/{moved['Rtstruct']}").status_code == 200, "it stays alone in the old study"
    says_of(orthanc, moved, "its RTSTRUCT is there without its images: delete it, or merge it along")


def test_a_deleted_rtstruct_is_told_in_its_job_which_stays_done(orthanc: OrthancProcess) -> None:
    job = contoured(orthanc)
    assert orthanc.delete(f"/instances/{job['Rtstruct']}").status_code == 200
    says_of(orthanc, job, f"POST /autocontour/series/{job['Series']}/jobs has the series contoured again")
    now = orthanc.json(f"/autocontour/jobs/{job['ID']}")
    assert (now["State"], now["Rtstruct"]) == ("done", None)
    again = orthanc.post(f"/autocontour/series/{job['Series']}/jobs", json={}).json()
    assert again["ID"] != job["ID"]
    done = until(lambda: orthanc.json(f"/autocontour/jobs/{again['ID']}")["Rtstruct"], "it is drawn again", 120)
    assert orthanc.get(f"/instances/{done}").status_code == 200


def test_a_series_that_orthanc_recycles_keeps_its_job(orthanc: OrthancProcess) -> None:
    job = contoured(orthanc)
    orthanc.wipe_patients()
    until(lambda: not orthanc.json("/series"), "everything is deleted")
    contoured(orthanc)  # whatever the deletion caused was looked at before
    assert orthanc.json(f"/autocontour/jobs/{job['ID']}")["State"] == "done"
    again = orthanc.post(f"/autocontour/jobs/{job['ID']}/retry")
    assert (again.status_code, again.json()["Error"]) == (409, "JOB_STATE")


def test_a_series_that_was_deleted_and_is_sent_again_is_contoured_again(orthanc: OrthancProcess) -> None:
    files = files_of(phantom_series())
    series = orthanc.store_all(files)
    first = orthanc.job_of(series)
    assert first["State"] == "done", first["Error"]
    ended = int(time.time())
    orthanc.wipe_patients()
    until(lambda: int(time.time()) > ended, "Orthanc, which counts whole seconds, tells what comes now from the first")
    orthanc.store_all(files)  # before anybody has seen that its contours are gone
    until(lambda: len(orthanc.jobs(Series=series)) == 2, f"it has another job; log:\n{orthanc.tail()}")
    second = orthanc.job_of(series)
    assert second["State"] == "done", second["Error"]
    assert drawn_on(file_of(orthanc, second["Rtstruct"])) == file_of_first(files).SeriesInstanceUID
    assert len(orthanc.rtstructs()) == 1
    old = orthanc.json(f"/autocontour/jobs/{first['ID']}")
    assert (old["State"], old["Error"]["Code"]) == ("superseded", "SUPERSEDED")
    assert old["Error"]["Message"] == "The series was deleted from Orthanc, and is back. A newer job contours it."
    # Sent once more while it is there, it stays as it is.
    orthanc.store_all(files)
    contoured(orthanc)
    assert len(orthanc.jobs(Series=series)) == 2


def file_of_first(files: list[bytes]) -> Dataset:
    return pydicom.dcmread(io.BytesIO(files[0]))
