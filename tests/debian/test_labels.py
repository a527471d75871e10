"""Labels of studies in whatever Orthanc is installed: kept true as states change, or said once that there are none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import Phantom, files_of, phantom_series

SECTION = {"Labels": {"Look": "please-look"}}


@pytest.fixture(scope="module")
def labelling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    orthanc = OrthancProcess(tmp_path_factory.mktemp("labels"), section=SECTION).start()
    yield orthanc
    orthanc.stop()


@pytest.fixture
def orthanc(labelling: OrthancProcess) -> OrthancProcess:
    if not labelling.json("/system").get("HasLabels"):
        pytest.skip("this Orthanc has no labels")
    return labelling


def labels(orthanc: OrthancProcess, study: str) -> set[str]:
    return set(orthanc.json(f"/studies/{study}/labels"))


def test_an_orthanc_without_labels_is_said_to_have_none_and_contours_all_the_same(labelling: OrthancProcess) -> None:
    if labelling.json("/system").get("HasLabels"):
        pytest.skip("this Orthanc has labels")
    until(lambda: "this Orthanc has none" in labelling.get("/autocontour/health").text, "health says so")
    assert labelling.get("/autocontour/health").status_code == 200
    assert labelling.job_of(labelling.store_all(files_of(phantom_series())), seconds=240)["State"] == "done"
    assert labelling.log.read_text(errors="replace").count("this Orthanc has none") == 1


def test_a_study_is_labelled_as_its_jobs_are_and_keeps_the_labels_of_others(orthanc: OrthancProcess) -> None:
    orthanc.post("/autocontour/targets/local/pause")
    series = orthanc.store_all(files_of(phantom_series(Phantom(slices=12))))
    study = str(orthanc.json(f"/series/{series}")["ParentStudy"])
    requests.put(f"{orthanc.url}/studies/{study}/labels/theirs", timeout=60).raise_for_status()
    until(lambda: labels(orthanc, study) == {"theirs", "waiting"}, "it waits")
    orthanc.post("/autocontour/targets/local/resume")
    job = orthanc.job_of(series, seconds=240)
    assert job["State"] == "done", job["Error"]
    flagged = {"please-look"} if job["Warnings"] or any(roi["Flags"] for roi in job["Rois"]) else set()
    until(lambda: labels(orthanc, study) == {"theirs", "contoured"} | flagged, "it is contoured")
    orthanc.restart()
    assert labels(orthanc, study) == {"theirs", "contoured"} | flagged
    orthanc.delete(f"/instances/{job['Rtstruct']}").raise_for_status()
    until(lambda: labels(orthanc, study) == {"theirs"}, "its result is gone")


def test_what_happened_while_the_gateway_was_down_is_made_good_after_the_restart(orthanc: OrthancProcess) -> None:
    series = orthanc.store_all(files_of(phantom_series(Phantom(slices=14))))
    job = orthanc.job_of(series, seconds=240)
    until(lambda: "contoured" in labels(orthanc, job["Study"]), "it is contoured")
    orthanc.stop()
    without = OrthancProcess(
        orthanc.directory, plugin=False, http_port=orthanc.http_port, dicom_port=orthanc.dicom_port
    )
    without.start()
    without.delete(f"/instances/{job['Rtstruct']}").raise_for_status()
    assert "contoured" in labels(without, job["Study"])
    without.stop()
    orthanc.start()
    until(lambda: "contoured" not in labels(orthanc, job["Study"]), "its result is gone")


def test_labels_that_the_site_wants_no_more_are_taken_away(orthanc: OrthancProcess, tmp_path: Path) -> None:
    ours = OrthancProcess(tmp_path / "off", section=SECTION).start()
    job = ours.job_of(ours.store_all(files_of(phantom_series(Phantom(slices=12)))), seconds=240)
    until(lambda: "contoured" in labels(ours, job["Study"]), "it is contoured")
    requests.put(f"{ours.url}/studies/{job['Study']}/labels/theirs", timeout=60).raise_for_status()
    ours.section = {}
    ours.restart()
    until(lambda: labels(ours, job["Study"]) == {"theirs"}, "ours are gone")
    ours.stop()
