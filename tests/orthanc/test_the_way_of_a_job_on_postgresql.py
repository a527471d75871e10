"""The way of a job where the gateway keeps its tables, its vault and its workflows on a real PostgreSQL.

What is asked of a gateway on SQLite is asked here too, by the same tests.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import CHECKOUT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.postgresql import PASSWORD, PostgresProcess
from tests.orthanc import test_gateway_is_killed as on_sqlite

Start = Callable[..., OrthancProcess]


@pytest.fixture
def section(database: str, tmp_path: Path) -> dict[str, Any]:
    return {"Database": database, "Privacy": {"VaultKeyFile": str(tmp_path / "vault.key")}}


@pytest.fixture
def start(start_orthanc: Start, section: dict[str, Any]) -> Start:
    """Start an Orthanc whose gateway has a database of its own on PostgreSQL."""
    return lambda **arguments: start_orthanc(section=section, **arguments)


@pytest.fixture
def own() -> Iterator[PostgresProcess]:
    """A PostgreSQL that a test may stop."""
    server = PostgresProcess().start()
    yield server
    server.remove()


def name_of(section: dict[str, Any]) -> str:
    return str(section["Database"]).rpartition("/")[2]


def assert_nothing_is_open(postgres: PostgresProcess, database: str) -> None:
    states = "SELECT DISTINCT state FROM transfers"
    until(lambda: postgres.ask(states, database) in ([], [("destroyed",)]), "every key is destroyed")
    assert postgres.ask("SELECT 1 FROM transfer_keys", database) == []


def test_a_job_is_done_and_nothing_of_it_lies_in_the_state_directory(
    start: Start, section: dict[str, Any], postgres: PostgresProcess
) -> None:
    orthanc = start()
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    assert len(orthanc.rtstructs()) == 1
    assert_nothing_is_open(postgres, name_of(section))
    assert postgres.ask("SELECT status FROM dbos.workflow_status", name_of(section)) == [("SUCCESS",)]
    assert not list(orthanc.state.rglob("*.sqlite"))
    assert not (orthanc.state / "evidence" / "subjects.key").exists()
    assert orthanc.json("/autocontour/evidence/verify")["Valid"] is True


def test_the_password_is_nowhere(start: Start) -> None:
    orthanc = start()
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    for name in ("health", "now", "metrics", "evidence/dossier", "support", f"jobs/{job['ID']}"):
        assert PASSWORD not in orthanc.get(f"/autocontour/{name}").text, name
    assert PASSWORD not in orthanc.log.read_text(errors="replace")
    for path in orthanc.state.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize("stage", some_of(on_sqlite.STAGES, always=("store",)))
def test_a_gateway_killed_in_a_stage_finishes_the_job_once(
    start: Start, tmp_path: Path, stage: str, section: dict[str, Any], postgres: PostgresProcess
) -> None:
    on_sqlite.test_a_gateway_killed_around_a_stage_finishes_the_job_once(start, tmp_path, f"{stage}:after")
    assert_nothing_is_open(postgres, name_of(section))


def test_a_failed_job_can_be_retried(start: Start, tmp_path: Path) -> None:
    on_sqlite.test_a_failed_job_can_be_retried_and_a_double_click_runs_it_once(start, tmp_path)


def test_a_cancelled_job_stops_and_is_erased(
    start: Start, tmp_path: Path, section: dict[str, Any], postgres: PostgresProcess
) -> None:
    on_sqlite.test_a_cancelled_job_stops_and_is_erased(start, tmp_path)
    assert_nothing_is_open(postgres, name_of(section))


def test_a_patient_is_erased(start: Start, section: dict[str, Any], postgres: PostgresProcess) -> None:
    orthanc = start()
    series = orthanc.store_all(files_of(phantom_series()))
    orthanc.job_of(series)
    patient = orthanc.json(f"/series/{series}/patient")["MainDicomTags"]["PatientID"]
    assert postgres.ask("SELECT count(*) FROM subject_entries", name_of(section)) == [(2,)]
    answer = orthanc.post("/autocontour/subjects/erase", json={"PatientID": patient})
    assert answer.status_code == 200, answer.text
    for table in ("subject_entries", "jobs", "series"):
        its = "" if table == "subject_entries" else f" WHERE {'series' if table == 'jobs' else 'id'} = '{series}'"
        assert postgres.ask(f"SELECT count(*) FROM {table}{its}", name_of(section)) == [(0,)], table


def test_a_database_that_is_away_is_waited_for_and_nothing_is_lost(
    start_orthanc: Start, own: PostgresProcess, tmp_path: Path
) -> None:
    section = {"Database": own.fresh(), "Privacy": {"VaultKeyFile": str(tmp_path / "vault.key")}}
    orthanc = start_orthanc(section=section, environment=on_sqlite.environment(tmp_path, "pause:draw:2"))
    process = orthanc.gateway_pid()
    early = orthanc.store_all(files_of(phantom_series()))
    until(lambda: orthanc.jobs(Series=early, State="running"), "the job runs")
    own.stop()
    late = orthanc.store_all(files_of(phantom_series()))
    said = until(lambda: trouble(orthanc), "health says so")
    assert "PostgreSQL of AutoContour.Database cannot be reached" in said["Reasons"][0]
    refused = orthanc.get("/autocontour/jobs")
    assert (refused.status_code, refused.json()["Error"]) == (503, "DATABASE_UNREACHABLE")
    time.sleep(3)  # longer than the stage
    own.start()
    for series in (early, late):
        job = orthanc.job_of(series)
        assert job["State"] == "done", job["Error"]
    own.drop_connections()
    third = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert third["State"] == "done", third["Error"]
    assert len(orthanc.rtstructs()) == 3
    assert orthanc.gateway_pid() == process
    assert orthanc.json("/autocontour/evidence/verify")["Valid"] is True
    assert_nothing_is_open(own, name_of(section))


def test_a_gateway_begins_by_itself_when_the_database_lets_it(
    start_orthanc: Start, own: PostgresProcess, tmp_path: Path
) -> None:
    address = own.fresh()
    name = address.rpartition("/")[2]
    section = {"Database": address, "Privacy": {"VaultKeyFile": str(tmp_path / "vault.key")}}
    own.stop()
    orthanc = start_orthanc(section=section, wait_for_gateway=False)
    until(lambda: said_by(orthanc) == "DATABASE_UNREACHABLE", "it says that nobody is there")
    own.start()
    orthanc.wait_for_gateway()
    assert PASSWORD not in orthanc.log.read_text(errors="replace")
    assert own.ask("SELECT count(*) FROM jobs", name) == [(0,)]


def test_a_backup_says_what_it_covers_and_check_tries_the_database(
    start: Start, section: dict[str, Any], tmp_path: Path
) -> None:
    orthanc = start()
    orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    backup = command("backup", orthanc.state, tmp_path / "backup")
    assert "belong to a pg_dump" in backup
    assert "Its tables lie in PostgreSQL" in command("restore", tmp_path / "backup", tmp_path / "again")
    assert (tmp_path / "again" / "gateway.id").read_bytes() == (orthanc.state / "gateway.id").read_bytes()
    said = command("check", "--database", orthanc.directory / "orthanc.json")
    assert f"Database: {name_of(section)} on PostgreSQL at 127.0.0.1." in said
    assert "can be used; it holds the tables of a gateway." in said
    assert PASSWORD not in said + backup


def test_a_dump_and_a_backup_go_on_elsewhere(
    start: Start, section: dict[str, Any], postgres: PostgresProcess, tmp_path: Path
) -> None:
    running = start()
    series = running.store_all(files_of(phantom_series()))
    running.job_of(series)
    patient = running.json(f"/series/{series}/patient")["MainDicomTags"]["PatientID"]
    page = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    (dump,) = re.findall(r"^pg_dump .*$", page, re.MULTILINE)
    (load,) = re.findall(r"`(pg_restore [^`]*)`", page)
    elsewhere = {**section, "Database": postgres.fresh()}
    names = {"DATABASE": section["Database"], "NEW_DATABASE": elsewhere["Database"], "DUMP": str(tmp_path / "dump")}
    subprocess.run(["sh", "-ec", dump], env=os.environ | names, check=True, timeout=120)
    command("backup", running.state, tmp_path / "backup")
    running.kill()
    subprocess.run(["sh", "-ec", load], env=os.environ | names, check=True, timeout=120)
    other = OrthancProcess(tmp_path / "elsewhere", section=elsewhere)
    command("restore", tmp_path / "backup", other.state)
    other.start()
    try:
        assert [(job["Series"], job["State"]) for job in other.jobs()] == [(series, "done")]
        assert other.json("/autocontour/evidence/verify")["Valid"] is True
        assert other.post("/autocontour/subjects/erase", json={"PatientID": patient}).status_code == 200
        assert other.jobs() == []
    finally:
        other.stop()


def trouble(orthanc: OrthancProcess) -> Any:
    answer = orthanc.get("/autocontour/health")
    return answer.json() if answer.status_code == 503 and "PostgreSQL" in answer.text else None


def said_by(orthanc: OrthancProcess) -> str:
    return str(orthanc.get("/autocontour/health").json().get("Error"))


def command(*arguments: object) -> str:
    program = CHECKOUT / ".venv" / "bin" / "autocontour"
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
