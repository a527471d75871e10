"""Jobs that say running and on which nothing works go on by themselves; one that ends the gateway is given up."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builders.faulty_gateway import wrapper
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]
NEEDS_ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="mounting a small disk takes root, as continuous integration has"
)
ENDED = ("done", "failed")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 100 MB; needs the right to mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m,mode=0700", "autocontour-test", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def filled(disk: Path) -> Path:
    """Write until nothing fits any more."""
    path = disk / "fill"
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 512, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return path


@NEEDS_ROOT
def test_after_a_full_disk_is_freed_every_open_job_ends_without_a_restart(
    start_orthanc: Start, small_disk: Path
) -> None:
    orthanc = start_orthanc(section={"StateDirectory": str(small_disk / "state")})
    gateway = orthanc.gateway_pid()
    series = [orthanc.store_all(files_of(phantom_series())) for _ in range(4)]
    until(lambda: orthanc.jobs(State="running"), "a job runs", every=0.02)
    fill = filled(small_disk)
    said = until(lambda: (a := orthanc.get("/autocontour/health")).status_code == 503 and a.json(), "health says it")
    assert any("disk of the state directory is full" in reason for reason in said["Reasons"])
    fill.unlink()
    until(lambda: all(job["State"] in ENDED for job in orthanc.jobs()) and len(orthanc.jobs()) == 4, "all end", 180)
    until(lambda: orthanc.get("/autocontour/health").status_code == 200, "health is well again")
    assert orthanc.gateway_pid() == gateway
    for job in orthanc.jobs(State="failed"):
        assert orthanc.post(f"/autocontour/jobs/{job['ID']}/retry").status_code == 200
    assert [orthanc.job_of(one)["State"] for one in series] == ["done"] * 4
    assert len(orthanc.rtstructs()) == 4


@NEEDS_ROOT
def test_a_gateway_that_starts_on_a_full_disk_says_so_and_works_once_there_is_room(
    start_orthanc: Start, small_disk: Path
) -> None:
    fill = filled(small_disk)
    section = {"StateDirectory": str(small_disk / "state")}
    orthanc = start_orthanc(section=section, wait_for_gateway=False)

    def reasons() -> list[str]:
        return list(orthanc.get("/autocontour/health").json().get("Reasons", []))

    until(lambda: any("disk of the state directory is full" in reason for reason in reasons()), "health says it")
    fill.unlink()
    orthanc.wait_for_gateway()
    assert orthanc.job_of(orthanc.store_all(files_of(phantom_series())))["State"] == "done"


def test_a_job_that_ends_the_gateway_each_time_is_given_up_and_the_others_go_on(
    start_orthanc: Start, tmp_path: Path
) -> None:
    environment = {"AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"), "FAULT": "kill-each:pseudonymise", "FAULT_ONCE": ""}
    orthanc = start_orthanc(environment=environment)
    series = orthanc.store_all(files_of(phantom_series()))

    def given_up() -> bool:
        answer = orthanc.get("/autocontour/jobs")
        return answer.status_code == 200 and any(job["State"] == "failed" for job in answer.json())

    until(given_up, "it is given up", 180, 0.3)
    job = orthanc.job_of(series)
    assert job["Error"]["Code"] == "GATEWAY_DIED"
    assert list((orthanc.state / "spool").iterdir()) == []
    assert orthanc.get("/autocontour/evidence/verify").json()["Valid"]


def test_orderly_restarts_are_no_deaths(start_orthanc: Start, tmp_path: Path) -> None:
    environment = {"AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"), "FAULT": "pause:pseudonymise:3", "FAULT_ONCE": ""}
    orthanc = start_orthanc(environment=environment)
    series = orthanc.store_all(files_of(phantom_series()))
    for _ in range(4):
        until(lambda: orthanc.jobs(State="running"), "the job runs", every=0.02)
        orthanc.restart()
    assert orthanc.job_of(series)["State"] == "done"
