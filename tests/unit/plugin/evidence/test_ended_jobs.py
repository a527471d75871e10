"""A chain that knows less than the table of jobs was cut, however well it hangs together."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import Event
from model.evidence.files import HEAD_NAME, month_files
from model.evidence.signing import SigningKey
from model.evidence.walk import Change
from plugin.evidence.alerts import Kind
from plugin.evidence.ended_jobs import CLOSING, NEW_CHAIN, EndedJob, unrecorded
from plugin.evidence.service import EvidenceService
from plugin.jobs.job import Stage, State
from plugin.jobs.store import JobStore
from plugin.settings.evidence import EvidenceSection
from tests.builders.either_database import tables_in
from tests.builders.evidence import Clock, open_chain, record_job
from tests.builders.jobs import a_job

pytestmark = pytest.mark.usefixtures("either_database")

SITE = SigningKey.new()
NOW = datetime.now(UTC)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return open_chain(tmp_path / "chain", SITE, Clock(NOW - timedelta(hours=5)))


def test_a_chain_that_was_cut_with_its_noted_head_is_an_alert_at_the_next_look(tmp_path: Path) -> None:
    engine = tables_in(tmp_path)
    store = JobStore(engine)
    with open_chain(tmp_path / "chain", SITE, Clock(NOW)) as chain:
        for _ in range(2):
            code = record_job(chain)
            store.add(a_job(evidence_code=code, state=State.DONE, stage=Stage.CLOSED, updated=NOW.timestamp()))
        assert _evidence_service(tmp_path, chain, engine, store).verify().valid
    (path,) = month_files(tmp_path / "chain")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-3]))
    (tmp_path / "chain" / HEAD_NAME).unlink()
    with open_chain(tmp_path / "chain", SITE, Clock(NOW)) as chain:
        service = _evidence_service(tmp_path, chain, engine, store)
        answer = service.verify()
        assert answer.broken is not None
        assert answer.broken.change is Change.CUT_OFF
        assert "1 jobs of the table" in answer.broken.why
        assert [alert.kind for alert in service.update_alerts()] == [Kind.CHAIN_BROKEN]


def test_a_chain_that_was_begun_anew_is_an_alert_until_it_is_old_news(tmp_path: Path, chain: Chain) -> None:
    old = EndedJob(new_code(), NOW - timedelta(days=200))
    record_job(chain)
    assert unrecorded(chain, [old], NOW) == [old.code]
    assert unrecorded(chain, [old], NOW + NEW_CHAIN) == []


def _evidence_service(folder: Path, chain: Chain, engine: sa.Engine, store: JobStore) -> EvidenceService:
    return EvidenceService(
        chain, engine, folder / "evidence", EvidenceSection(), transfer_hours=24, host="h", ended=store.ended
    )


def test_a_chain_that_was_deleted_with_its_folder_is_found(tmp_path: Path) -> None:
    with open_chain(tmp_path / "chain", SITE, Clock(NOW)) as chain:
        job = EndedJob(record_job(chain), NOW)
        assert unrecorded(chain, [job], NOW) == []
    shutil.rmtree(tmp_path / "chain")
    with open_chain(tmp_path / "chain", SITE, Clock(NOW)) as chain:
        assert unrecorded(chain, [job], NOW) == [job.code]


def test_months_that_were_retired_took_their_jobs_with_them(tmp_path: Path) -> None:
    clock = Clock(NOW - timedelta(days=400))
    with open_chain(tmp_path, SITE, clock) as chain:
        old = EndedJob(record_job(chain), clock.now)
        clock.now = NOW
        young = EndedJob(record_job(chain), NOW)
        month_files(tmp_path)[0].unlink()
        assert unrecorded(chain, [old, young], NOW) == []


def test_a_job_that_was_stopped_has_an_hour_to_be_closed(chain: Chain) -> None:
    record_job(chain, code=(code := new_code()), until=Event.SENT)
    stopped = EndedJob(code, NOW, stopped=True)
    assert unrecorded(chain, [stopped], NOW) == []
    assert unrecorded(chain, [stopped], NOW + CLOSING + timedelta(minutes=1)) == [code]


@pytest.mark.parametrize(
    ("state", "stage", "error", "counted", "stopped"),
    [
        (State.DONE, Stage.CLOSED, None, True, False),
        (State.FAILED, Stage.DRAW, "WORKER_DIED", True, False),
        (State.FAILED, Stage.CLOSED, "ROUTING_ERROR", True, False),
        (State.REJECTED, Stage.DRAW, "GATE", True, False),
        (State.EXCLUDED, Stage.CLOSED, "EXCLUDED", True, False),
        (State.EXCLUDED, Stage.DRAW, "EXCLUDED", True, True),
        (State.CANCELLED, Stage.PSEUDONYMISE, "CANCELLED", True, True),
        (State.SUPERSEDED, Stage.CLOSED, "SUPERSEDED", True, False),
        (State.CANCELLED, Stage.QUEUED, "CANCELLED", False, False),
        (State.FAILED, Stage.ERASE, "ERASE_FAILED", False, False),
        (State.WAITING, Stage.QUEUED, None, False, False),
        (State.RUNNING, Stage.DRAW, None, False, False),
    ],
)
def test_the_table_gives_the_jobs_whose_end_is_on_record(
    tmp_path: Path, state: State, stage: Stage, error: str | None, counted: bool, stopped: bool
) -> None:
    store = JobStore(tables_in(tmp_path))
    job = a_job(evidence_code=new_code(), state=state, stage=stage, error_code=error, updated=NOW.timestamp())
    store.add(job)
    found: Sequence[EndedJob] = store.ended()
    assert [(one.code, one.stopped) for one in found] == ([(job.evidence_code, stopped)] if counted else [])
