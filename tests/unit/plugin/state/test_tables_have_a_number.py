"""The gateway's tables: made by numbers, brought up to date from any older state, refused when they are newer."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from model.errors import ConfigurationRefused
from plugin.evidence import subjects
from plugin.jobs.filters import JobFilter
from plugin.jobs.finder import JobFinder
from plugin.jobs.job import State
from plugin.jobs.store import JobStore
from plugin.state import chain_tables, group_tables
from plugin.state import database as tables
from plugin.state.database import open_database
from plugin.state.postgresql import address_of
from tests.builders.jobs import a_job
from tests.builders.old_state import unpack_state

ALL = [tables.metadata, subjects.metadata]
# Their tables are in the first of the two once they are imported.
_OF_A_GROUP = (chain_tables.chain_records, group_tables.gateways)


def differences(engine: sa.Engine) -> list[object]:
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), ALL))  # type: ignore[arg-type]


def number(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def test_numbered_changes_make_the_very_tables_that_the_code_reads(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    assert differences(engine) == []
    assert number(engine) is not None
    assert number(open_database(f"sqlite:///{tmp_path / 'jobs.sqlite'}")) == number(engine)


def test_numbered_changes_make_the_same_tables_on_postgresql(database: str) -> None:
    address = address_of(database)
    engine = open_database(address)
    assert differences(engine) == []
    assert number(open_database(address)) == number(engine)


def test_a_state_of_the_first_release_keeps_its_jobs(tmp_path: Path) -> None:
    state = unpack_state(tmp_path)
    engine = open_database(f"sqlite:///{state / 'jobs.sqlite'}")
    assert differences(engine) == []
    counts = JobStore(engine).count_by_state()
    assert counts == {State.DONE: 1, State.RUNNING: 2, State.WAITING: 1}


def test_a_first_start_that_was_cut_off_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    engine = sa.create_engine(f"sqlite:///{path}")
    tables.jobs.create(engine)
    engine.dispose()
    assert differences(open_database(f"sqlite:///{path}")) == []


def test_tables_of_a_newer_release_are_refused_with_the_way_out_and_left_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    open_database(f"sqlite:///{path}").dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("ALTER TABLE jobs ADD COLUMN of_the_future TEXT")
    with pytest.raises(ConfigurationRefused, match=r"9999.*newer release.*backup"):
        open_database(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
        assert "of_the_future" in [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]


def test_flags_of_jobs_that_an_earlier_release_noted_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    engine = open_database(f"sqlite:///{path}")
    store = JobStore(engine)
    rois = [{"Number": n, "Name": f"Rib{n}", "Flags": ["odd"] * (n > 1)} for n in (1, 2, 3)]
    flagged, _ = store.add(a_job(state=State.DONE, details={"rois": rois}))
    plain, _ = store.add(a_job(state=State.DONE))
    engine.dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP INDEX ix_jobs_found_by")
        connection.execute("ALTER TABLE jobs DROP COLUMN flagged")
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
    connection.close()
    rows = JobFinder(open_database(f"sqlite:///{path}")).rows(None, JobFilter(), 10).jobs
    assert {row.id: row.flagged for row in rows} == {flagged.id: 2, plain.id: 0}


def test_two_gateways_that_begin_at_once_make_the_tables_once(database: str) -> None:
    def begin(_: int) -> str | None:
        engine = open_database(address_of(database))
        try:
            return number(engine)
        finally:
            engine.dispose()

    with ThreadPoolExecutor(4) as gateways:
        numbers = list(gateways.map(begin, range(4)))
    assert len(set(numbers)) == 1
    assert numbers[0] is not None


def test_a_value_that_is_longer_than_foreseen_or_holds_a_nul_is_kept(database: str) -> None:
    store = JobStore(open_database(address_of(database)))
    job, _ = store.add(a_job(rule="long " * 100, model="odd\0"))
    found = store.get(job.id)
    assert found is not None
    assert (found.rule, found.model) == ("long " * 100, "odd")
