"""What one turn of each loop costs while very much waits: milliseconds and memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from plugin.deliver.delivery import Step
from plugin.deliver.table import DeliveryTable
from plugin.intake.arrivals import Arrival, Arrivals
from plugin.intake.known_series import SeriesTable
from plugin.intake.loop import IntakeLoop
from plugin.intake.numbers import SeriesNumbers
from plugin.jobs.finder import JobFinder
from plugin.jobs.job import State
from plugin.jobs.store import JobStore
from plugin.jobs.targets import TargetStore
from plugin.jobs.waiting import WaitingJobs
from plugin.jobs.wakeup import Wakeup
from plugin.labels.table import LabelTable
from plugin.notify.outbox import Outbox
from plugin.quality.sets import SetState, StructureSets
from plugin.quality.store import QualityStore
from plugin.state.database import open_database
from plugin.workflow.queue import Dispatcher
from tests.builders.much_waiting import (
    CHANNEL,
    DESTINATIONS,
    note_ended_jobs,
    note_pending_series,
    note_structure_sets,
    note_waiting_jobs,
)
from tests.builders.postgresql import PostgresProcess

ROWS, SETS, REPEATS = 100_000, 10_000, 3
EMPTY = {"Changes": [], "Done": True, "Last": 0}


class _Orthanc:
    """One without news."""

    def changes(self, _since: int, _limit: int) -> dict[str, Any]:
        return EMPTY

    def last_change(self) -> int:
        return 0


class _Waits:
    """Intake for which every series has to wait, as one with missing slices."""

    def __init__(self, engine: sa.Engine) -> None:
        self._table = SeriesTable(engine)

    def process(self, arrival: Arrival) -> None:
        self._table.get(arrival.series)

    def waits(self, _arrival: Arrival) -> float:
        return 600.0

    def chosen_and_gone(self) -> list[str]:
        return []


class _Nothing:
    def turn(self) -> None:
        """Look at no results."""


def parts(engine: sa.Engine) -> dict[str, Callable[[], object]]:
    """Each part of a turn, by what it is."""
    jobs, targets, finder = JobStore(engine), TargetStore(engine), JobFinder(engine)
    # Every target is full: what is measured is choosing, and not the work on a job.
    dispatcher = Dispatcher(jobs, targets, lambda _target: 0, lambda _job: None, Wakeup(), WaitingJobs(engine))
    free = Dispatcher(jobs, targets, lambda _target: 1, lambda _job: None, Wakeup(), WaitingJobs(engine))
    arrivals, outbox, sets = Arrivals(engine), Outbox(engine), StructureSets(engine)
    orthanc, waits, nothing = (cast(Any, one) for one in (_Orthanc(), _Waits(engine), _Nothing()))
    loop = IntakeLoop(orthanc, arrivals, waits, nothing, 5.0, lambda: 0.0, Wakeup())
    delivered, numbers, labels, quality = (
        DeliveryTable(engine), SeriesNumbers(engine), LabelTable(engine), QualityStore(engine)
    )  # fmt: skip
    now = time.time()

    def intake() -> None:
        loop.turn()
        loop._until_due()

    def started() -> None:
        free.turn()
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE jobs SET state = 'waiting' WHERE state = 'running'"))

    return {
        "queue: every target is full": dispatcher.turn,
        "queue: a job of each target starts": started,
        "intake: all series wait": intake,
        "deliveries: the next one": lambda: [delivered.due("planning", (one,)) for one in (Step.PROVE, Step.SEND)],
        "deliveries: counts and the oldest": lambda: (delivered.counts(), delivered.oldest_open(DESTINATIONS)),
        "notifications: who ended": lambda: outbox.ended(CHANNEL, since=now - 60.0),
        "quality: who is looked at again": lambda: sets.look_again(now - 60.0),
        "quality: the next one": lambda: (sets.next_new(now), quality.next_waiting(now)),
        "labels: what changed": lambda: labels.changed_since(now - 10.0, 100),
        "health: jobs by state and target": lambda: (
            jobs.count_by_state(), [jobs.count_by_target(one) for one in (State.RUNNING, State.WAITING)]
        ),
        "health: the oldest": lambda: [jobs.oldest(one) for one in (State.RUNNING, State.WAITING)],
        "health: series": lambda: (numbers.arriving(), numbers.given_up()),
        "page: waiting and ended": lambda: (
            finder.open(State.WAITING, 50),
            finder.last_changed((State.DONE, State.CANCELLED, State.SUPERSEDED), 12),
            finder.last_changed((State.REJECTED, State.FAILED, State.EXCLUDED), 12),
        ),
        "page: arriving": lambda: arrivals.newest_pending(50),
    }  # fmt: skip


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds (median), and the most memory that Python held for it (MB)."""
    work()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return statistics.median(times), most


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    """The address of one database of each kind."""
    server = PostgresProcess().start()
    try:
        at = server.url("postgres").replace("postgresql:", "postgresql+psycopg:", 1)
        yield {"SQLite": f"sqlite:///{folder / 'jobs.sqlite'}", "PostgreSQL": at}
    finally:
        server.remove()


def main() -> None:
    """Fill both databases, measure and print a table."""
    found: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as urls:
        for url in urls.values():
            engine = open_database(url)
            note_waiting_jobs(engine, ROWS)
            note_ended_jobs(engine, ROWS)
            note_pending_series(engine, ROWS, since=60.0)
            note_structure_sets(engine, SETS, SetState.NEW)
            note_structure_sets(engine, SETS, SetState.PAIRED, first=SETS)
            for name, work in parts(engine).items():
                found.setdefault(name, []).append(measured(work))
        kinds = list(urls)
    print(
        f"{ROWS} jobs wait, {ROWS} are done, {ROWS} series are pending, {ROWS} deliveries open, {SETS} structure sets"
    )
    print(f"\n| one turn | {' | '.join(f'{kind}, ms | MB' for kind in kinds)} |\n|---|{'---|' * 2 * len(kinds)}")
    for name, values in found.items():
        print(f"| {name} | {' | '.join(f'{ms:.1f} | {mb:.1f}' for ms, mb in values)} |")


if __name__ == "__main__":
    main()
