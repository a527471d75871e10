"""A backup made while jobs run, restored below another Orthanc that holds the same images: the jobs end there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from model.evidence.verification import keys_beside, verify
from plugin.cli import main
from tests.builders.faulty_gateway import wrapper
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]


def test_jobs_that_ran_during_the_backup_end_where_it_is_restored(start_orthanc: Start, tmp_path: Path) -> None:
    keys = [f"backup-{number}" for number in range(4)]
    slow = {
        "AUTOCONTOUR_PYTHON": wrapper(tmp_path / "bin"),
        "FAULT": "pause:draw:3600",
        "FAULT_ONCE": str(tmp_path / "once"),
    }
    running = start_orthanc(section={"Workers": 1}, environment=slow)
    for key in keys:
        running.store_all(files_of(phantom_series(key=key)))
    until(lambda: len(running.jobs(State="running")) == 2 and len(running.jobs(State="waiting")) == 2, "all are open")
    assert main(["backup", str(running.state), str(tmp_path / "backup")]) == 0
    running.kill()

    elsewhere = OrthancProcess(tmp_path / "elsewhere", section={"Workers": 1}, plugin=False).start()
    ids = [elsewhere.store_all(files_of(phantom_series(key=key))) for key in keys]
    elsewhere.stop()
    assert main(["restore", str(tmp_path / "backup"), str(elsewhere.state)]) == 0
    elsewhere.plugin = True
    elsewhere.start()
    try:
        for series in ids:
            job = elsewhere.job_of(series, seconds=180)
            assert job["State"] == "done", job["Error"]
        assert len(elsewhere.jobs()) == 4
        assert len(elsewhere.rtstructs()) == 4
        chain = elsewhere.state / "evidence" / "chain"
        answer = verify(chain, keys_beside(chain))
        assert answer.valid
        assert answer.events["CLOSED"] == 4
    finally:
        elsewhere.stop()
