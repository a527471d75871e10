"""Gateways of one PostgreSQL and one Orthanc: whichever is lost, the others go on, and nothing is done twice."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.builders.gateway_group import GatewayGroup, GatewayProcess
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.postgresql import PostgresProcess

FAULTY = (sys.executable, "-P", "-m", "tests.builders.faulty_gateway")
KILLED = tuple(
    f"{stage}:{when}" for stage in ("pseudonymise", "draw", "store", "erase") for when in ("before", "after")
)
FROZEN = ("draw:before", "store:before", "post:before", "post:after", "store:after")


def holds(gateway: GatewayProcess) -> bool:
    return bool(gateway.json("/autocontour/evidence/verify")["Valid"])


class Group:
    """Three gateways of which one can be told to end, or to stand still, at a stage."""

    def __init__(self, folder: Path, database: str) -> None:
        self.database = database.rpartition("/")[2]
        self.told, self.once = folder / "told", folder / "once"
        environment = {"AUTOCONTOUR_FAULT": f"told:{self.told}", "AUTOCONTOUR_FAULT_ONCE": str(self.once)}
        self.processes = GatewayGroup(folder, 3, database=database, environment=environment)
        for one in self.gateways:
            one.command, one.again = FAULTY, False
        self.orthanc = self.processes.orthanc
        self.frozen: GatewayProcess | None = None

    @property
    def gateways(self) -> list[GatewayProcess]:
        return self.processes.gateways

    def series(self) -> str:
        return self.orthanc.store_all(files_of(phantom_series(Phantom(slices=12, size=64))))

    def whole(self) -> None:
        """Every gateway works."""
        for one in self.gateways:
            if not one.alive:
                one.ended.clear()
                one.start(wait=False)
        for one in self.gateways:
            one.wait()

    def dead(self) -> GatewayProcess:
        """The gateway that ended."""
        ended: list[GatewayProcess] = until(
            lambda: [one for one in self.gateways if not one.alive], "one gateway ended", 120
        )
        return ended[0]

    def valid(self) -> None:
        """Every chain holds, also against those of its peers."""
        for one in self.gateways:
            # A chain that grows while the others are read may seem to be behind them.
            until(partial(holds, one), f"the chain of {one.directory} holds", 60, 1.0)

    def jobs(self, series: str) -> list[dict[str, Any]]:
        """The jobs of a series, as a gateway tells that works."""
        for one in self.gateways:
            if one.alive and one is not self.frozen:
                return list(one.get("/autocontour/jobs", params={"Series": series}).json())
        raise AssertionError("no gateway is there")

    def ended(self, series: str) -> dict[str, Any]:
        def final() -> Any:
            found = self.jobs(series)
            return found and found[0]["State"] not in ("waiting", "running") and found[0]

        return dict(until(final, "the job of the series ends", 180))


@pytest.fixture(scope="module")
def group(postgres: PostgresProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Group]:
    database = postgres.fresh()
    made = Group(tmp_path_factory.mktemp("group"), database)
    made.processes.start()
    yield made
    made.processes.stop()
    postgres.drop(database)


def rows(postgres: PostgresProcess, group: Group, query: str) -> list[tuple[Any, ...]]:
    return postgres.ask(query, group.database)


def assert_done_once(group: Group, postgres: PostgresProcess, series: str) -> dict[str, Any]:
    """The series has one job, which is done, one RTSTRUCT, no key and no file left at a gateway that is there."""
    job = group.ended(series)
    assert job["State"] == "done", job["Error"]
    assert len(group.jobs(series)) == 1
    of_study = group.orthanc.json(f"/studies/{job['Study']}/series")
    assert sorted(one["MainDicomTags"]["Modality"] for one in of_study) == ["CT", "RTSTRUCT"]
    assert rows(postgres, group, "SELECT id FROM transfers WHERE state <> 'destroyed'") == []
    return job


def stands_still(gateway: GatewayProcess) -> bool:
    return Path(f"/proc/{gateway.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def assert_nothing_left(group: Group, job: dict[str, Any]) -> None:
    for one in group.gateways:
        assert not (one.state / "spool" / str(job["ID"])).exists(), one.directory


@pytest.mark.parametrize("stage", some_of(KILLED, always=("draw:after", "store:after")))
def test_a_killed_gateways_job_is_done_by_another(group: Group, postgres: PostgresProcess, stage: str) -> None:
    group.whole()
    group.told.write_text(f"SIGKILL:{stage}")
    series = group.series()
    dead = group.dead()
    began = time.monotonic()
    (job,) = group.jobs(series)
    until(
        lambda: rows(postgres, group, f"SELECT takeovers FROM jobs WHERE id = '{job['ID']}'") != [(0,)],
        "another gateway takes the job", 120,
    )  # fmt: skip
    taken = time.monotonic() - began
    job = assert_done_once(group, postgres, series)
    print(f"killed at {stage}: taken after {taken:.1f} s, done after {time.monotonic() - began:.1f} s")
    dead.ended.clear()
    dead.start()
    assert_nothing_left(group, job)
    group.valid()


def test_a_killed_leader_is_followed_and_series_are_taken_in(group: Group, postgres: PostgresProcess) -> None:
    group.whole()
    until(lambda: rows(postgres, group, "SELECT id FROM gateways WHERE leads") != [], "one leads", 180)
    ((leader,),) = rows(postgres, group, "SELECT id FROM gateways WHERE leads")
    killed = next(one for one in group.gateways if (one.state / "gateway.id").read_text().strip() == leader)
    killed.kill()
    began = time.monotonic()
    until(
        lambda: rows(postgres, group, f"SELECT id FROM gateways WHERE leads AND id <> '{leader}'") != [],
        "another one leads", 120,
    )  # fmt: skip
    print(f"the leader was followed after {time.monotonic() - began:.1f} s")
    series = group.series()
    assert_done_once(group, postgres, series)
    group.whole()


@pytest.mark.parametrize("stage", some_of(FROZEN, always=("post:before",)))
def test_a_frozen_gateway_writes_nothing_when_it_thaws(group: Group, postgres: PostgresProcess, stage: str) -> None:
    group.whole()
    group.told.write_text(f"SIGSTOP:{stage}")
    series = group.series()
    until(lambda: not group.told.exists(), "one gateway stands still", 120)
    began = time.monotonic()
    (group.frozen,) = until(lambda: [one for one in group.gateways if stands_still(one)], "it is seen to stand", 60)
    job = assert_done_once(group, postgres, series)
    print(f"frozen at {stage}: done elsewhere after {time.monotonic() - began:.1f} s")
    stored = group.orthanc.get(f"/instances/{job['Rtstruct']}/attachments/dicom/md5").text
    group.frozen.thaw()
    group.frozen = None
    zombie = group.dead()
    zombie.ended.clear()
    zombie.start()
    again = assert_done_once(group, postgres, series)
    assert again["Rtstruct"] == job["Rtstruct"]
    assert group.orthanc.get(f"/instances/{job['Rtstruct']}/attachments/dicom/md5").text == stored
    assert_nothing_left(group, job)
    group.valid()


def test_a_job_is_cancelled_at_another_gateway_than_its_own(group: Group, postgres: PostgresProcess) -> None:
    group.whole()
    series = group.orthanc.store_all(files_of(phantom_series(Phantom(slices=80, size=256))))
    (job,) = until(lambda: [one for one in group.jobs(series) if one["State"] == "running"], "it runs", 120, 0.05)
    ((where,),) = rows(postgres, group, f"SELECT gateway FROM jobs WHERE id = '{job['ID']}'")
    other = next(one for one in group.gateways if (one.state / "gateway.id").read_text().strip() != where)
    assert other.post(f"/autocontour/jobs/{job['ID']}/cancel").status_code == 200
    until(
        lambda: rows(postgres, group, f"SELECT gateway FROM jobs WHERE id = '{job['ID']}'") == [(None,)],
        "its own gateway has cleared up", 60,
    )  # fmt: skip
    assert group.ended(series)["State"] == "cancelled"
    assert rows(postgres, group, "SELECT id FROM transfers WHERE state <> 'destroyed'") == []
    assert_nothing_left(group, job)
    group.valid()
