"""The main job, the page, refusals, the change log and the stop, in whatever Orthanc and Python are installed."""

from __future__ import annotations

import io
import os
import shutil
import stat
from pathlib import Path

import pydicom
import pytest
import requests

from model.contours.kernel import slow_tracing
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import Phantom, files_of, phantom_series

FOREIGN_PAGE = {"Origin": "http://elsewhere.example", "Content-Type": "application/x-www-form-urlencoded"}


def stored(orthanc: OrthancProcess, slices: int = 12) -> str:
    return orthanc.store_all(files_of(phantom_series(Phantom(slices=slices))))


def test_a_ct_comes_back_as_an_rtstruct_under_its_own_study(orthanc: OrthancProcess) -> None:
    series = stored(orthanc)
    job = orthanc.job_of(series, seconds=240)
    assert job["State"] == "done", job["Error"]
    study = orthanc.json(f"/series/{series}/study")
    assert orthanc.json(f"/instances/{job['Rtstruct']}/study")["ID"] == study["ID"]
    made = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert made.Modality == "RTSTRUCT"
    assert made.StudyInstanceUID == study["MainDicomTags"]["StudyInstanceUID"]
    originals = {
        orthanc.json(f"/instances/{one['ID']}/simplified-tags")["SOPInstanceUID"]
        for one in orthanc.json(f"/series/{series}/instances")
    }
    of_series = made.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert {str(item.ReferencedSOPInstanceUID) for item in of_series.ContourImageSequence} == originals
    assert {str(roi.ROIName) for roi in made.StructureSetROISequence} >= {"External", "Lung_L", "Lung_R"}
    assert orthanc.get(f"/autocontour/evidence/{job['EvidenceCode']}").status_code == 200


def test_contours_are_traced_by_the_compiled_part() -> None:
    assert slow_tracing() is None


def test_the_page_is_there_with_its_guards(orthanc: OrthancProcess) -> None:
    for path in ("/autocontour", "/autocontour/", "/autocontour/app", "/autocontour/app/"):
        answer = orthanc.get(path)
        assert (path, answer.status_code) == (path, 200)
        assert "frame-ancestors" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_orthanc_explorer_has_our_part(orthanc: OrthancProcess) -> None:
    assert "Request contours" in orthanc.get("/plugins/explorer.js").text


def test_what_is_refused_is_refused_with_its_status(orthanc: OrthancProcess) -> None:
    wrong_method = requests.delete(f"{orthanc.url}/autocontour/health", timeout=60)
    too_large = orthanc.post("/autocontour/routing/explain", data=b"x" * (5 * 1024 * 1024))
    foreign = orthanc.post("/autocontour/subjects/erase", data=b'{"PatientID": "1"}', headers=FOREIGN_PAGE)
    unknown = orthanc.get("/autocontour/jobs/none-of-this-name")
    found = [answer.status_code for answer in (wrong_method, too_large, foreign, unknown)]
    assert found == [405, 413, 403, 404]
    assert [answer.json()["Error"] for answer in (too_large, unknown)] == ["TOO_LARGE", "NO_JOB"]


def test_deeply_nested_json_and_bytes_that_are_no_text_cost_orthanc_nothing(orthanc: OrthancProcess) -> None:
    assert 400 <= orthanc.post("/autocontour/routing/explain", data=b"[" * 100_000).status_code < 500
    assert 400 <= orthanc.post("/autocontour/routing/explain", data=b"\xff\xfe\x00").status_code < 500
    assert orthanc.json("/system")["Version"]


def test_the_change_log_is_numbered_as_the_gateway_reads_it(orthanc: OrthancProcess) -> None:
    assert orthanc.job_of(stored(orthanc), seconds=240)["State"] == "done"
    last = orthanc.json("/changes?last")
    assert [change["Seq"] for change in last["Changes"]] == [last["Last"]]
    beyond = orthanc.json(f"/changes?since={last['Last']}&limit=10")
    assert (beyond["Changes"], beyond["Last"], beyond["Done"]) == ([], last["Last"], True)
    assert requests.delete(f"{orthanc.url}/changes", timeout=60).status_code == 200
    emptied = orthanc.json("/changes?since=0&limit=10")
    assert (emptied["Changes"], emptied["Done"]) == ([], True)
    assert emptied["Last"] in (0, last["Last"])
    assert orthanc.job_of(stored(orthanc, slices=13), seconds=240)["State"] == "done"


def test_an_idle_orthanc_stops_with_status_0(tmp_path: Path) -> None:
    orthanc = OrthancProcess(tmp_path / "idle").start()
    assert stop_status(orthanc) == 0


def test_an_orthanc_stops_with_status_0_in_the_middle_of_a_job(tmp_path: Path) -> None:
    orthanc = OrthancProcess(tmp_path / "busy").start()
    series = stored(orthanc, slices=60)
    until(lambda: orthanc.jobs(Series=series), "the job begins")
    assert stop_status(orthanc) == 0
    orthanc.start()
    assert orthanc.job_of(series, seconds=240)["State"] == "done"
    assert len(orthanc.rtstructs()) == 1
    assert stop_status(orthanc) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to start Orthanc as another user")
def test_the_main_job_runs_as_debians_user_of_orthanc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs, home = tmp_path / "bin", tmp_path / "orthanc"
    programs.mkdir()
    home.mkdir()
    shutil.chown(home, "orthanc", "orthanc")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    wrapper = programs / "Orthanc"
    wrapper.write_text(
        f'#!/bin/sh\nexec setpriv --reuid orthanc --regid orthanc --init-groups {shutil.which("Orthanc")} "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(home))
    orthanc = OrthancProcess(home).start()
    assert orthanc.job_of(stored(orthanc), seconds=240)["State"] == "done"
    assert orthanc.state.owner() == "orthanc"
    assert stop_status(orthanc) == 0


def stop_status(orthanc: OrthancProcess) -> int:
    orthanc.stop()
    assert orthanc.process is not None
    assert orthanc.process.returncode is not None
    return orthanc.process.returncode
