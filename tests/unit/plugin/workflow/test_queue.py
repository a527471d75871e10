"""The order of waiting jobs: urgent first, fair between studies, a limit per target; each that waits has a reason."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from plugin.jobs.details import JobDetails
from plugin.jobs.job import Job, Stage, State
from plugin.jobs.store import JobStore
from plugin.jobs.targets import TargetState, TargetStore
from plugin.jobs.waiting import RANKS, Group, Waiting, WaitingJobs
from plugin.jobs.wakeup import Wakeup
from plugin.state.database import jobs as table
from plugin.state.database import open_database
from plugin.state.postgresql import address_of
from plugin.workflow.queue import DISK, Dispatcher, Standing, WaitReason, choose
from tests.builders.jobs import a_job
from tests.builders.much_waiting import note_waiting_jobs
from tests.builders.postgresql import PostgresProcess

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday
NEVER = "Sat 03:00-03:01,Sun 03:00-03:01"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    server = PostgresProcess().start()
    yield server.url("postgres").replace("postgresql:", "postgresql+psycopg:", 1)
    server.remove()


class Site:
    """A queue whose targets take one job each; ``started`` are the names of what was started, in order."""

    def __init__(self, url: str) -> None:
        self.engine = open_database(url)
        self.jobs, self.targets = JobStore(self.engine), TargetStore(self.engine)
        self.limits: dict[str, int] = {}
        self.started: list[str] = []
        self.held: WaitReason | None = None
        self.queue = self.restarted()

    def restarted(self) -> Dispatcher:
        """The queue of another process."""
        return Dispatcher(
            self.jobs, self.targets, lambda target: self.limits.get(target, 1), self._start, Wakeup(),
            WaitingJobs(self.engine), lambda: self.held,
        )  # fmt: skip

    def _start(self, job: Job) -> None:
        self.started.append(job.id)

    def waits(self, name: str, **changed: Any) -> None:
        hours = changed.pop("hours", None)
        details = JobDetails.model_validate({"decision": {"Hours": hours}})
        values = {"study": name, "target": "local", "state": State.WAITING} | changed
        self.jobs.add(replace(a_job(id=name, key=name, evidence_code=name, **values), details=details))

    def why(self, name: str) -> WaitReason:
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(table.c.target, table.c.hours).where(table.c.id == name)).one()
        return self.queue.reason(row.target, row.hours)

    def work_all(self) -> list[str]:
        """Start and end job after job."""
        before = -1
        while len(self.started) > before:
            before = len(self.started)
            self.queue.turn()
            for name in self.started[before:]:
                self.jobs.finish(name, State.DONE)
        return self.started


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(f"sqlite:///{tmp_path / 'jobs.sqlite'}")


def test_urgent_goes_before_normal_before_night(site: Site) -> None:
    for name, priority in (("n", "night"), ("b", "normal"), ("u", "urgent")):
        site.waits(name, priority=priority)
    assert site.work_all() == ["u", "b", "n"]


def test_the_older_of_two_goes_first(site: Site) -> None:
    site.waits("b", created=2.0)
    site.waits("a", created=1.0)
    assert site.work_all() == ["a", "b"]


def test_a_study_of_many_series_lets_another_in_between(site: Site) -> None:
    for number in range(4):
        site.waits(f"a{number}", study="a", created=float(number))
    site.waits("b0", study="b", created=8.0)
    site.waits("b1", study="b", created=9.0)
    assert site.work_all() == ["a0", "b0", "a1", "b1", "a2", "a3"]


def test_a_study_that_comes_late_does_not_wait_for_all_that_was_there_before(site: Site) -> None:
    for number in range(9):
        site.waits(f"a{number}", study="a", created=float(number))
    for _ in range(4):
        site.queue.turn()
        site.jobs.finish(site.started[-1], State.DONE)
    site.queue.turn()  # a4 runs
    site.waits("late", created=99.0)
    site.waits("later", study="late", created=100.0)
    site.jobs.finish("a4", State.DONE)
    site.queue = site.restarted()  # whose turn it is was written down
    assert site.work_all()[5:9] == ["late", "a5", "later", "a6"]


def test_a_study_that_was_just_served_waits_for_one_that_was_not(site: Site) -> None:
    site.waits("a0", study="a", created=0.0)
    site.queue.turn()
    site.waits("a1", study="a", created=1.0)
    site.waits("b", created=2.0)
    site.jobs.finish("a0", State.DONE)
    assert site.work_all() == ["a0", "b", "a1"]


def test_one_that_is_run_again_takes_its_turn_again(site: Site) -> None:
    site.waits("a", created=0.0)
    site.queue.turn()
    for number in range(3):
        site.waits(f"b{number}", study="b", created=1.0)
    site.jobs.finish("a", State.FAILED, error=("X", "x"))
    site.jobs.reopen("a", "again")
    assert site.work_all() == ["a", "a", "b0", "b1", "b2"]


def test_a_full_target_does_not_hold_another(site: Site) -> None:
    site.waits("a", target="busy", created=0.0)
    site.waits("b", target="free", created=1.0)
    site.limits["busy"] = 0
    site.queue.turn()
    assert site.started == ["b"]
    assert "busy" in site.why("a").message
    assert site.why("a").code == "turn"


def test_what_cannot_start_hides_nothing_behind_it(site: Site) -> None:
    site.targets.pause("shut", paused=True)
    for number in range(300):
        site.waits(f"p{number}", target="shut", priority="urgent")
        site.waits(f"h{number}", hours=NEVER, priority="urgent")
    site.waits("b", created=1e9)
    site.queue.turn()
    assert site.started == ["b"]


def test_a_paused_target_starts_nothing_and_says_so(site: Site) -> None:
    site.targets.pause("local", paused=True)
    site.waits("a")
    site.queue.turn()
    assert site.started == []
    assert (site.why("a").code, site.why("a").until) == ("paused", None)


def test_a_gateway_that_is_held_starts_nothing_and_says_why(site: Site) -> None:
    site.waits("a")
    site.held = WaitReason(DISK, "The disk is full.")
    site.queue.turn()
    assert site.started == []
    assert site.why("a") == site.held
    assert site.queue.held == "The disk is full."
    site.held = None
    site.queue.turn()
    assert site.started == ["a"]
    assert site.queue.held is None


def test_a_target_that_backs_off_says_when_it_is_tried_again() -> None:
    state = TargetState("local", failures=2, next_try=NOON.timestamp() + 30, reason="TARGET_UNREACHABLE")
    reason = Standing({"local": state}).reason("local", "", NOON)
    assert reason is not None
    assert "TARGET_UNREACHABLE" in reason.message
    assert reason.told(NOON.timestamp()).endswith("Next try in 30 s.")


def test_a_back_off_ends_by_itself() -> None:
    state = TargetState("local", failures=2, next_try=NOON.timestamp() - 1, reason="X")
    assert Standing({"local": state}).reason("local", "", NOON) is None


def test_hours_of_operation_are_kept_and_told() -> None:
    assert Standing().reason("local", "Mon-Fri 08:00-17:00", NOON) is None
    reason = Standing().reason("local", "18:00-06:00", NOON)
    assert reason is not None
    assert "18:00" in reason.message
    assert reason.until == NOON.timestamp() + 6 * 3600


WAITING = st.lists(
    st.builds(
        Waiting,
        id=st.uuids().map(str),
        group=st.builds(Group, st.sampled_from(["local", "cloud"]), st.sampled_from(sorted(RANKS)), st.just("")),
        turn=st.integers(0, 5),
        created=st.floats(0, 100),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@given(WAITING, st.integers(-1, 4), st.integers(0, 4))
def test_no_limit_is_passed_and_no_place_stays_free(waiting: list[Waiting], local: int, cloud: int) -> None:
    free = {"local": local, "cloud": cloud}
    chosen = choose(waiting, free)
    for target, places in free.items():
        its = [one for one in waiting if one.group.target == target]
        mine = [one for one in chosen if one.group.target == target]
        assert mine == sorted(its, key=lambda one: one.place)[: max(0, places)]


@pytest.mark.parametrize("kind", ["SQLite", "PostgreSQL"])
def test_of_many_that_wait_the_queue_reads_only_what_is_next(kind: str, tmp_path: Path, postgresql: str) -> None:
    site = Site(postgresql if kind == "PostgreSQL" else f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    note_waiting_jobs(site.engine, 3000)
    read: list[int] = []
    sa.event.listen(site.engine, "after_cursor_execute", lambda *said: read.append(said[1].rowcount))
    site.limits = {"local": 3, "cloud": 2, "box": 0}
    assert len(WaitingJobs(site.engine).groups()) == 9
    site.queue.turn()
    first = [site.jobs.get(name) for name in site.started]
    assert sorted(job.target for job in first if job is not None) == ["cloud"] * 2 + ["local"] * 3
    assert {job.priority for job in first if job is not None} == {"urgent"}
    assert len(read) < 100
    assert max(read) < 10, "a statement read more than a few rows"


def test_gateways_that_share_a_target_never_take_more_than_its_limit(database: str) -> None:
    engine = open_database(address_of(database))
    stores = [JobStore(engine, gateway=name * 16) for name in "abc"]
    for number in range(12):
        stores[0].add(a_job(state=State.WAITING, stage=Stage.QUEUED, study=f"study {number}"))
    started: list[str] = []
    dispatchers = [
        Dispatcher(
            one, TargetStore(engine), lambda _: 5, lambda job: started.append(job.id), Wakeup(), WaitingJobs(engine)
        )
        for one in stores
    ]
    with ThreadPoolExecutor(3) as pool:
        for _ in range(2):
            list(pool.map(Dispatcher.turn, dispatchers))
    assert len(started) == len(set(started)) == 5
    engine.dispose()
