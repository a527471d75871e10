"""The state of the last release under this one, in a real Orthanc: open jobs are finished, nothing is done twice."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from model.evidence.verification import keys_beside, verify
from tests.builders.old_state import DONE, RUNNING, WAITING, series_of, unpack_state
from tests.builders.orthanc_process import OrthancProcess, until


def orthanc_of_the_old_state(directory: Path) -> tuple[OrthancProcess, dict[str, str]]:
    """An Orthanc that holds the series of the old state, which has read its change log as far as it goes.

    Returns it, stopped, and the ids of the series by key.
    """
    orthanc = OrthancProcess(directory, section={"Workers": 1}, plugin=False).start()
    ids = {key: orthanc.store_all(series_of(key)) for key in (*DONE, *RUNNING, *WAITING)}
    last = int(orthanc.json("/changes?last")["Last"])
    orthanc.stop()
    orthanc.plugin = True
    state = unpack_state(directory / "storage")
    with closing(sqlite3.connect(state / "jobs.sqlite", isolation_level=None)) as database:
        database.execute("UPDATE cursor SET value = ? WHERE name = 'changes'", (last,))
    return orthanc, ids


def refusal(orthanc: OrthancProcess) -> dict[str, Any] | None:
    answer = orthanc.get("/autocontour/health")
    return answer.json() if answer.status_code == 503 and "newer release" in answer.text else None


def test_jobs_that_the_last_release_left_open_are_finished_and_its_results_are_not_made_again(tmp_path: Path) -> None:
    orthanc, ids = orthanc_of_the_old_state(tmp_path / "orthanc")
    orthanc.start()
    try:
        for key in (*RUNNING, *WAITING):
            job = orthanc.job_of(ids[key], seconds=180)
            assert job["State"] == "done", (key, job["Error"])
        assert len(orthanc.jobs()) == 4, "the upgrade makes no job of its own"
        assert len(orthanc.rtstructs()) == 3, "what was done is not done again"
        chain = orthanc.state / "evidence" / "chain"
        assert verify(chain, keys_beside(chain)).valid
    finally:
        orthanc.stop()
    assert json.loads((orthanc.state / "layout.json").read_bytes()) == {"Layout": 1}
    with closing(sqlite3.connect(orthanc.state / "vault" / "vault.sqlite")) as vault:
        assert vault.execute("PRAGMA user_version").fetchone() == (1,)
    copy = Path(shutil.copytree(orthanc.state, tmp_path / "copy"))
    with closing(sqlite3.connect(copy / "jobs.sqlite")) as jobs:
        assert jobs.execute("SELECT count(*) FROM jobs WHERE state = 'done'").fetchone() == (4,)
    with closing(sqlite3.connect(copy / "workflows.sqlite")) as workflows:
        assert workflows.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_state_of_a_newer_release_is_refused_in_health_and_orthanc_goes_on(tmp_path: Path) -> None:
    orthanc, ids = orthanc_of_the_old_state(tmp_path / "orthanc")
    with sqlite3.connect(orthanc.state / "jobs.sqlite") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    orthanc.start(wait_for_gateway=False)
    try:
        health = until(lambda: refusal(orthanc), "health names the newer release", 180)
        assert health["Status"] == "unavailable"
        assert orthanc.json(f"/series/{ids[DONE[0]]}")["ID"] == ids[DONE[0]]
    finally:
        orthanc.stop()
