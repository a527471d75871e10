"""Orthanc's change log is emptied, or is another one than before: every series gets its job, and no archive does."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable

import requests

from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import Phantom, files_of, phantom_series

Start = Callable[..., OrthancProcess]
NOBODY = "http://127.0.0.1:9"


def stored(orthanc: OrthancProcess, slices: int = 12) -> str:
    return orthanc.store_all(files_of(phantom_series(Phantom(slices=slices))))


def stored_and_emptied_unread(orthanc: OrthancProcess) -> str:
    """A series whose changes are gone before the gateway, which is held meanwhile, could read them."""
    gateway = orthanc.gateway_pid()
    os.kill(gateway, signal.SIGSTOP)
    try:
        series = stored(orthanc)
        assert requests.delete(f"{orthanc.url}/changes", timeout=60).status_code == 200
    finally:
        os.kill(gateway, signal.SIGCONT)
    return series


def looked_through(orthanc: OrthancProcess) -> bool:
    return "series were looked through" in orthanc.log.read_text(errors="replace")


def test_a_series_whose_changes_were_deleted_unread_gets_its_job(orthanc: OrthancProcess) -> None:
    first = stored(orthanc)
    assert orthanc.job_of(first)["State"] == "done"
    missed = stored_and_emptied_unread(orthanc)
    assert orthanc.job_of(missed)["State"] == "done"
    until(lambda: looked_through(orthanc), "all series are looked through")
    until(lambda: "Warnings" not in orthanc.json("/autocontour/health"), "health is well again")
    assert [len(orthanc.jobs(Series=one)) for one in (first, missed)] == [1, 1]


def test_an_index_restored_from_a_backup_is_told_from_the_one_before(start_orthanc: Start) -> None:
    orthanc = start_orthanc()
    assert orthanc.job_of(stored(orthanc))["State"] == "done"
    orthanc.stop()
    storage, backup = orthanc.directory / "storage", orthanc.directory / "backup"
    shutil.copytree(storage, backup, ignore=shutil.ignore_patterns("autocontour"))
    orthanc.start()
    for _ in range(2):
        orthanc.job_of(stored(orthanc))
    orthanc.stop()
    shutil.copytree(orthanc.state, backup / "autocontour")
    shutil.rmtree(storage)
    backup.rename(storage)
    orthanc.start()
    after = stored(orthanc)
    assert orthanc.job_of(after)["State"] == "done"
    assert len(orthanc.jobs(Series=after)) == 1
    assert "another one than before" in orthanc.log.read_text(errors="replace")


def test_what_was_there_before_the_gateway_came_is_not_contoured_after_the_log_was_lost(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section={"Gateway": NOBODY}, wait_for_gateway=False)
    archived = stored(orthanc)
    orthanc.stop()
    del orthanc.section["Gateway"]
    orthanc.start()
    assert orthanc.job_of(stored(orthanc))["State"] == "done"
    missed = stored_and_emptied_unread(orthanc)
    assert orthanc.job_of(missed)["State"] == "done"
    until(lambda: looked_through(orthanc), "all series are looked through")
    assert orthanc.jobs(Series=archived) == []
