"""Erasing a patient's jobs ends what is open, waits for what is just being ended, and counts what went."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from model.errors import AutocontourError
from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import Event
from model.evidence.signing import SigningKey
from model.worker.pool import Workers
from plugin.evidence.closing import close_job
from plugin.evidence.subjects import Swept
from plugin.gateway.operations.erasure import JobErasure
from plugin.intake.arrivals import Arrivals, Position
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.quality.forgetting import Forgetting
from plugin.state.database import series as series_table
from plugin.vault.file_vault import FileVault
from plugin.workflow.cancellation import Cancellation
from tests.builders.either_database import tables_in
from tests.builders.evidence import LIFE, open_chain
from tests.builders.jobs import a_job

pytestmark = pytest.mark.usefixtures("either_database")

RECEIVED = LIFE[0][1]


PATIENT = "MADE-UP-1"


@dataclass
class Around:
    """Deliveries and an Orthanc that have nothing, or what they are given; what was asked of them."""

    series: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def erase(self, job: Job) -> int:
        self.asked.append(job.id)
        return 0

    def series_of_patient(self, patient: str) -> list[dict[str, Any]]:
        self.asked.append(patient)
        return [{"ID": name, "MainDicomTags": {"Modality": modality}} for name, modality in self.series.items()]


@dataclass(frozen=True)
class House:
    """The stores that an erasure looks into."""

    jobs: JobStore
    vault: FileVault
    chain: Chain
    spool: Path
    erasure: JobErasure
    around: Around

    def job(self, state: State) -> Job:
        """A job with a key in the vault and two files in the spool."""
        job, _ = self.jobs.add(a_job(state=state, evidence_code=new_code()))
        self.vault.open_transfer(job.workflow_id, job.series)
        folder = self.spool / job.id
        folder.mkdir(parents=True)
        (folder / "slice").write_bytes(b"slice")
        (folder / "rtstruct.dcm").write_bytes(b"contours")
        return job

    def erase(self, job: Job) -> Swept:
        """Erase the job by its evidence code."""
        assert job.evidence_code is not None
        return self.erasure.erase([job.evidence_code], PATIENT)


def house_in(folder: Path, close_seconds: float = 600.0) -> House:
    engine = tables_in(folder)
    jobs, arrivals, vault = JobStore(engine), Arrivals(engine), FileVault(folder / "vault")
    chain = open_chain(folder / "chain", SigningKey.new())
    around = Around()
    erasure = JobErasure(
        jobs,
        arrivals,
        vault,
        chain.records,
        Cancellation(jobs, Workers(1)),
        folder / "spool",
        Forgetting(engine),
        cast(Any, around),
        cast(Any, around),
        close_seconds=close_seconds,
        unbegun_seconds=0.0,
    )
    return House(jobs, vault, chain, folder / "spool", erasure, around)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return house_in(tmp_path)


@pytest.mark.parametrize("state", [State.DONE, State.WAITING])
def test_row_key_and_files_of_a_job_go_and_are_counted(house: House, state: State) -> None:
    job = house.job(state)
    assert house.erase(job) == Swept(rows=2, files=2, left=0), "the job's row and its key"
    assert house.jobs.get(job.id) is None
    assert not (house.spool / job.id).exists()
    assert list(house.vault.open_transfers()) == []


def test_a_code_without_a_job_is_none_of_the_count(house: House) -> None:
    assert house.erasure.erase([new_code()], PATIENT) == Swept(0, 0, 0)


def test_a_job_that_has_recorded_nothing_is_not_waited_for(house: House) -> None:
    job = house.job(State.RUNNING)
    house.erase(job)
    assert house.jobs.get(job.id) is None


def test_a_running_job_is_cancelled_and_waited_for_until_its_evidence_is_closed(house: House) -> None:
    job = house.job(State.RUNNING)
    code = str(job.evidence_code)
    house.chain.append(Event.RECEIVED, code, RECEIVED)
    erased = threading.Event()

    def erases() -> None:
        house.erase(job)
        erased.set()

    threading.Thread(target=erases, daemon=True).start()
    while (row := house.jobs.get(job.id)) is not None and row.state is State.RUNNING:
        assert not erased.is_set()
    assert row is not None, "its row stays until it is closed"
    assert row.state is State.CANCELLED
    close_job(house.chain, code, "cancelled", 1)
    assert erased.wait(60)
    assert house.jobs.get(job.id) is None


def test_one_that_does_not_close_is_said_to_be_pending_and_stays(tmp_path: Path) -> None:
    house = house_in(tmp_path, close_seconds=0.1)
    job = house.job(State.RUNNING)
    house.chain.append(Event.RECEIVED, str(job.evidence_code), RECEIVED)
    with pytest.raises(AutocontourError) as refused:
        house.erase(job)
    assert (refused.value.code, refused.value.retry) == ("ERASE_PENDING", True)
    assert house.jobs.get(job.id) is not None
    assert (house.spool / job.id).exists()


class Killed(BaseException):
    """Ends an erasure as SIGKILL does."""


def test_an_erasure_that_was_killed_anywhere_is_finished_by_the_same_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Killed

    for kind, name in ((FileVault, "destroy"), (JobStore, "forget"), (Arrivals, "forget")):
        folder = tmp_path / f"{kind.__name__}.{name}"
        folder.mkdir()
        house = house_in(folder)
        arrivals = Arrivals(tables_in(folder))
        job = house.job(State.DONE)
        arrivals.record([job.series], Position(1, {}))
        with monkeypatch.context() as dying:
            dying.setattr(kind, name, killed)
            with pytest.raises(Killed):
                house.erase(job)
        house.erase(job)
        assert house.jobs.get(job.id) is None
        assert arrivals.newest_pending(10) == [], f"nothing of the series is left, killed in {name}"
        assert list(house.vault.open_transfers()) == []


def test_series_that_no_rule_wanted_are_forgotten_too_and_what_still_comes_is_not(tmp_path: Path) -> None:
    house = house_in(tmp_path)
    arrivals = Arrivals(tables_in(tmp_path))
    arrivals.record(["decided", "coming", "our own contours", "another's"], Position(1, {}))
    for one in arrivals.newest_pending(10):
        if one.series in ("decided", "another's"):
            arrivals.decided(one, "2:a", "none")
    house.around.series |= {"decided": "CT", "coming": "MR", "our own contours": "RTSTRUCT"}
    assert house.erasure.erase([], PATIENT).rows == 2
    # As Orthanc makes its ids: SHA-1 of the PatientID, in five groups.
    assert house.around.asked == ["ca601de8-096bb53a-02772f26-170212e2-75c6e334"]
    with tables_in(tmp_path).connect() as connection:
        left = set(connection.execute(sa.select(series_table.c.id)).scalars())
    assert left == {"coming", "another's"}
