"""Whatever is killed in the middle of a job: it finishes once, with one RTSTRUCT, and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builders.faulty_gateway import SECRET_TEXT, wrapper
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.processes import alive

STAGES = ("pseudonymise", "draw", "store", "erase")
KILLED = tuple(f"{stage}:{when}" for stage in STAGES for when in ("before", "after"))
Start = Callable[..., OrthancProcess]


def environment(tmp_path: Path, fault: str) -> dict[str, str]:
    return {
        "AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"),
        "FAULT": fault,
        "FAULT_ONCE": str(tmp_path / "fault-was-here"),
    }


def assert_done_once(orthanc: OrthancProcess, series: str) -> None:
    job = orthanc.job_of(series, seconds=120)
    assert job["State"] == "done", job["Error"]
    assert len(orthanc.jobs(Series=series)) == 1
    assert len(orthanc.rtstructs()) == 1
    assert len(orthanc.json("/series")) == 2
    assert list((orthanc.state / "spool").iterdir()) == []


# While a worker draws it is killed by the next test.
@pytest.mark.parametrize("where", some_of(KILLED, always=("pseudonymise:after", "store:after", "erase:before")))
def test_a_gateway_killed_around_a_stage_finishes_the_job_once(
    start_orthanc: Start, tmp_path: Path, where: str
) -> None:
    orthanc = start_orthanc(environment=environment(tmp_path, f"kill:{where}"))
    first = orthanc.gateway_pid()
    series = orthanc.store_all(files_of(phantom_series()))
    until((tmp_path / "fault-was-here").exists, "the gateway was killed", 180)
    orthanc.wait_for_gateway()
    assert orthanc.gateway_pid() != first
    assert_done_once(orthanc, series)


def test_a_gateway_killed_while_the_worker_draws_finishes_the_job_once(start_orthanc: Start, tmp_path: Path) -> None:
    orthanc = start_orthanc()
    series = orthanc.store_all(files_of(phantom_series()))
    until(lambda: orthanc.jobs(Series=series, State="running"), "the job runs", every=0.01)
    os.kill(orthanc.gateway_pid(), signal.SIGKILL)
    orthanc.wait_for_gateway()
    assert_done_once(orthanc, series)


def test_orthanc_stopped_and_started_in_the_middle_finishes_the_job_once(start_orthanc: Start, tmp_path: Path) -> None:
    orthanc = start_orthanc(environment=environment(tmp_path, "pause:draw:3"))
    series = orthanc.store_all(files_of(phantom_series()))
    until(lambda: orthanc.jobs(Series=series, State="running"), "the job runs")
    orthanc.restart()
    assert_done_once(orthanc, series)


def test_orthanc_killed_leaves_no_gateway_and_no_worker(start_orthanc: Start, tmp_path: Path) -> None:
    orthanc = start_orthanc(environment=environment(tmp_path, "pause:draw:3"))
    series = orthanc.store_all(files_of(phantom_series()))
    until(lambda: orthanc.jobs(Series=series, State="running"), "the job runs")
    gateway = orthanc.gateway_pid()
    family = [gateway, *children(gateway)]
    assert len(family) > 1
    orthanc.kill()
    until(lambda: not any(alive(pid) for pid in family), "gateway and workers leave")
    orthanc.start()
    assert_done_once(orthanc, series)


def test_a_series_stored_while_the_gateway_was_down_is_found(start_orthanc: Start, tmp_path: Path) -> None:
    orthanc = start_orthanc()
    gateway = orthanc.gateway_pid()
    os.kill(gateway, signal.SIGKILL)
    series = orthanc.store_all(files_of(phantom_series()))
    orthanc.wait_for_gateway()
    assert_done_once(orthanc, series)


def test_a_series_is_found_when_orthanc_restarts_before_it_is_quiet(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section={"QuietSeconds": 4})
    series = orthanc.store_all(files_of(phantom_series()))
    orthanc.restart()
    assert_done_once(orthanc, series)


def test_a_worker_killed_once_is_replaced_and_the_job_succeeds(start_orthanc: Start) -> None:
    orthanc = start_orthanc()
    series = orthanc.store_all(files_of(phantom_series(slices_of(40))))
    until(lambda: orthanc.jobs(Series=series, State="running"), "the job runs", every=0.01)
    until(lambda: stage_of(orthanc, series) == "draw", "the worker draws", every=0.01)
    for worker in workers(orthanc.gateway_pid()):
        os.kill(worker, signal.SIGKILL)
    assert_done_once(orthanc, series)


def test_an_unexpected_exception_fails_the_job_and_shows_no_value(start_orthanc: Start, tmp_path: Path) -> None:
    orthanc = start_orthanc(environment=environment(tmp_path, "raise:store"))
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "failed"
    assert job["Error"]["Code"] == "INTERNAL"
    assert "ValueError" in job["Error"]["Message"]
    assert list((orthanc.state / "spool").iterdir()) == []
    assert orthanc.rtstructs() == []
    orthanc.stop()
    for path in [orthanc.log, *orthanc.state.rglob("*")]:
        if path.is_file():
            assert SECRET_TEXT.encode() not in path.read_bytes(), path.name


def test_a_failed_job_can_be_retried_and_a_double_click_runs_it_once(start_orthanc: Start, tmp_path: Path) -> None:
    orthanc = start_orthanc(environment=environment(tmp_path, "raise:store"))
    series = orthanc.store_all(files_of(phantom_series()))
    job = orthanc.job_of(series)
    orthanc.stop()
    orthanc.environment = environment(tmp_path, "nothing")
    orthanc.start()
    answers = [orthanc.post(f"/autocontour/jobs/{job['ID']}/retry") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert_done_once(orthanc, series)
    assert orthanc.jobs(Series=series)[0]["Attempt"] == 2


def test_a_cancelled_job_stops_and_is_erased(start_orthanc: Start, tmp_path: Path) -> None:
    orthanc = start_orthanc(environment=environment(tmp_path, "pause:draw:2"))
    series = orthanc.store_all(files_of(phantom_series()))
    job = until(lambda: orthanc.jobs(Series=series, State="running"), "the job runs")[0]
    answers = [orthanc.post(f"/autocontour/jobs/{job['ID']}/cancel") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[0].json()["State"] == "cancelled"
    until(lambda: list((orthanc.state / "spool").iterdir()) == [], "the spool is erased")
    later = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert later["State"] == "done", later["Error"]
    assert orthanc.job_of(series)["State"] == "cancelled"
    assert len(orthanc.rtstructs()) == 1, "of the later series alone"


def test_deleting_the_series_cancels_its_job(start_orthanc: Start, tmp_path: Path) -> None:
    orthanc = start_orthanc(environment=environment(tmp_path, "pause:draw:3"))
    files = files_of(phantom_series())
    series = orthanc.store_all(files)
    until(lambda: orthanc.jobs(Series=series, State="running"), "the job runs")
    orthanc.wipe_patients()
    job = orthanc.job_of(series)
    assert job["State"] == "cancelled"
    until(lambda: list((orthanc.state / "spool").iterdir()) == [], "the spool is erased")
    assert orthanc.json("/instances") == []
    # Sent again, the very same has a new job, as the code of the first one says.
    orthanc.store_all(files)
    jobs = until(lambda: len(found := orthanc.jobs(Series=series)) == 2 and found, "it has another job", 180)
    assert orthanc.job_of(series)["State"] == "done"
    assert job["ID"] != jobs[0]["ID"]


def slices_of(count: int) -> Any:
    from tests.builders.phantom import Phantom

    return Phantom(slices=count, size=256, pixel_mm=1.5)


def stage_of(orthanc: OrthancProcess, series: str) -> str:
    return str(orthanc.jobs(Series=series)[0]["Stage"])


def children(pid: int) -> list[int]:
    said = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(line) for line in said.split()]


def workers(gateway: int) -> list[int]:
    """The spawned workers, without multiprocessing's resource tracker."""
    return [pid for pid in children(gateway) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_gateway_that_hangs_is_ended_and_another_works(start_orthanc: Start, tmp_path: Path) -> None:
    orthanc = start_orthanc(environment=environment(tmp_path, "hang"))
    first = orthanc.gateway_pid()
    until((tmp_path / "fault-was-here").exists, "it hangs", 180)
    until(lambda: not alive(first), "it is ended", 180)
    orthanc.wait_for_gateway()
    assert orthanc.gateway_pid() != first
    assert_done_once(orthanc, orthanc.store_all(files_of(phantom_series())))
