"""Whoever waits for a change of the database is woken by what can be read then."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from plugin.jobs.store import JobStore
from plugin.state.database import open_database
from plugin.state.writes import Writes
from tests.builders.jobs import a_job


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    return open_database(f"sqlite:///{tmp_path / 'jobs.sqlite'}")


def test_each_write_counts_and_no_reading(engine: sa.Engine) -> None:
    store, writes = JobStore(engine), Writes(engine)
    job, _ = store.add(a_job())
    assert writes.count == 1
    store.get(job.id)
    store.list()
    assert writes.count == 1
    store.warn(job.id, "a warning")
    assert writes.count == 2


def test_what_failed_does_not_count(engine: sa.Engine) -> None:
    store, writes = JobStore(engine), Writes(engine)
    job = a_job()
    store.add(job)
    store.add(job)  # the same work, which the database refuses
    assert writes.count == 1


def test_whoever_waits_reads_what_woke_it(engine: sa.Engine) -> None:
    store, writes = JobStore(engine), Writes(engine)
    found: list[dict[str, int]] = []
    ready = threading.Event()

    def wait() -> None:
        seen = writes.count
        ready.set()
        writes.wait_beyond(seen, 60.0)
        found.append(store.count_by_state())

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert ready.wait(60.0)
    store.add(a_job())
    waiter.join(60.0)
    assert found == [{"running": 1}]


def test_what_was_written_before_ends_the_wait_at_once(engine: sa.Engine) -> None:
    writes = Writes(engine)
    before = writes.count
    JobStore(engine).add(a_job())
    writes.wait_beyond(before, 600.0)
    assert writes.count == before + 1
