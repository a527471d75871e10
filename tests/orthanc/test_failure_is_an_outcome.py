"""Whatever goes wrong ends in a final state with a code and a sentence; nothing half-stored, nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.faulty_gateway import wrapper
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.orthanc.test_gateway_is_killed import workers

Start = Callable[..., OrthancProcess]


def assert_nothing_is_left(orthanc: OrthancProcess) -> None:
    assert orthanc.rtstructs() == []
    assert list((orthanc.state / "spool").iterdir()) == []


def assert_goes_on(orthanc: OrthancProcess) -> None:
    """The next series is contoured as if nothing had been."""
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]


def test_a_series_with_burned_in_annotation_is_rejected_with_the_rule(orthanc: OrthancProcess) -> None:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series(BurnedInAnnotation="YES"))))
    assert job["State"] == "rejected"
    assert any("BURNED_IN" in rule for rule in job["Findings"]), job["Findings"]
    assert all(isinstance(count, int) for count in job["Findings"].values())
    assert_nothing_is_left(orthanc)
    assert_goes_on(orthanc)


def test_two_slices_at_one_position_fail_with_a_sentence(orthanc: OrthancProcess) -> None:
    slices = phantom_series()
    slices[4].ImagePositionPatient = slices[3].ImagePositionPatient
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] == "failed"
    assert job["Error"]["Code"] == "SLICES_COINCIDE"
    assert job["Error"]["Again"] == "send again"
    assert "left out at its source" in job["Error"]["WayOut"]
    assert_nothing_is_left(orthanc)


def test_a_model_that_finds_nothing_stores_nothing(orthanc: OrthancProcess) -> None:
    slices = phantom_series()
    for one in slices:
        one.PixelData = bytes(len(one.PixelData))  # air everywhere
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] == "failed"
    assert job["Error"]["Message"].endswith(".")
    assert_nothing_is_left(orthanc)


def test_pixel_data_cut_off_in_the_middle_is_refused(orthanc: OrthancProcess) -> None:
    slices = phantom_series()
    slices[6].PixelData = slices[6].PixelData[: len(slices[6].PixelData) // 2]
    job = orthanc.job_of(orthanc.store_all(files_of(slices)))
    assert job["State"] in ("rejected", "failed")
    assert job["Error"]["Code"]
    assert_nothing_is_left(orthanc)


def test_a_model_that_raises_fails_the_job_and_the_next_series_goes_on(start_orthanc: Start, tmp_path: Path) -> None:
    environment = {"AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"), "FAULT": "engine:raise", "FAULT_ONCE": ""}
    orthanc = start_orthanc(environment=environment)
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "failed"
    assert job["Error"]["Code"] == "ENGINE_RAISED"
    assert "ZeroDivisionError" in job["Error"]["Message"]
    assert_nothing_is_left(orthanc)


def test_a_worker_that_is_killed_each_time_fails_the_job(start_orthanc: Start, tmp_path: Path) -> None:
    environment = {"AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"), "FAULT": "engine:hang", "FAULT_ONCE": ""}
    orthanc = start_orthanc(environment=environment)
    series = orthanc.store_all(files_of(phantom_series()))
    until(lambda: orthanc.jobs(Series=series, State="running"), "the job runs")
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(0.2):
            for worker in workers(orthanc.gateway_pid()):
                os.kill(worker, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        job = orthanc.job_of(series)
    finally:
        ended.set()
        killer.join()
    assert job["State"] == "failed"
    assert job["Error"]["Code"] == "WORKER_DIED"
    assert_nothing_is_left(orthanc)


def test_a_model_that_hangs_is_stopped_at_its_time_limit(start_orthanc: Start, tmp_path: Path) -> None:
    environment = {"AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"), "FAULT": "engine:hang", "FAULT_ONCE": ""}
    orthanc = start_orthanc(environment=environment, section={"JobSeconds": 10})
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "failed"
    assert job["Error"]["Code"] == "WORKER_TIMEOUT"
    assert "10 s" in job["Error"]["Message"]
    assert_nothing_is_left(orthanc)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 80 MB; needs the right to mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m", "autocontour-test", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root, as continuous integration has")
def test_with_a_full_disk_jobs_wait_and_say_so_and_go_on_with_room(start_orthanc: Start, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=250m", str(small_disk)], check=True)
    orthanc = start_orthanc(section={"StateDirectory": str(small_disk / "state")})
    filler = small_disk / "filler"
    filler.write_bytes(bytes(160_000_000))
    series = [
        orthanc.store_all(files_of(phantom_series(Phantom(slices=20, size=1024, pixel_mm=0.4)))) for _ in range(4)
    ]

    def health() -> str:
        return str(orthanc.get("/autocontour/health").json().get("Warnings"))

    def waiting() -> list[str]:
        return [str(job["Waiting"]) for job in orthanc.jobs() if job["State"] == "waiting"]

    until(lambda: "no room for a series" in health() and bool(waiting()), "the full disk is said")
    assert all("no room for a series" in reason for reason in waiting())
    filler.unlink()
    assert [orthanc.job_of(one)["State"] for one in series] == ["done"] * len(series)
    until(lambda: "no room" not in health(), "nothing is said of the disk any more")
    assert list((small_disk / "state" / "spool").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root, as continuous integration has")
def test_a_series_larger_than_the_disk_fails_and_succeeds_on_a_larger_one(
    start_orthanc: Start, small_disk: Path
) -> None:
    orthanc = start_orthanc(section={"StateDirectory": str(small_disk / "state")})
    series = orthanc.store_all(files_of(phantom_series(Phantom(slices=20, size=1024, pixel_mm=0.4))))
    job = orthanc.job_of(series)
    assert job["State"] == "failed"
    assert job["Error"]["Code"] == "DISK_FULL"
    assert list((small_disk / "state" / "spool").iterdir()) == []
    assert orthanc.rtstructs() == []
    subprocess.run(["mount", "-o", "remount,size=600m", str(small_disk)], check=True)
    assert orthanc.post(f"/autocontour/jobs/{job['ID']}/retry").status_code == 200
    assert orthanc.job_of(series)["State"] == "done"


def test_an_orthanc_whose_answers_fail_for_a_while_is_waited_for(start_orthanc: Start, tmp_path: Path) -> None:
    """The gateway's own retries, without a restart of anything."""
    environment = {"AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"), "FAULT": "orthanc:3", "FAULT_ONCE": ""}
    orthanc = start_orthanc(environment=environment)
    job: dict[str, Any] = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    assert "ORTHANC_UNREACHABLE; trying again" in orthanc.tail(400)


def test_a_request_for_a_target_that_does_not_exist_is_refused_and_holds_nobody(orthanc: OrthancProcess) -> None:
    series = orthanc.store_all(files_of(phantom_series()))
    answer = orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct", "Target": "mars"})
    assert answer.status_code == 422
    assert answer.json() == {
        "Error": "NO_TARGET",
        "Message": "The configuration has no such target; there are: local.",
    }
    assert_goes_on(orthanc)
