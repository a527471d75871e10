"""Tables in which very much waits: jobs, series, deliveries and structure sets, as after an outage of days."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from plugin.deliver.delivery import DeliveryState, Step
from plugin.jobs.job import Stage, State
from plugin.quality.sets import SetState
from plugin.state.database import deliveries, jobs, notifications, series, structure_sets
from tests.builders.many_jobs import SERIES_OF_A_STUDY, orthanc_id

AT_ONCE = 2000
TARGETS = (("local", 60), ("cloud", 30), ("box", 10))
PRIORITIES = (("urgent", 5), ("normal", 75), ("night", 20))
DESTINATIONS = ("planning", "archive")
CHANNEL = "desk"
NIGHT = "22:00-05:00"
# Of a rule with some conditions, as the explanation of a job holds it.
SAID = {"Outcome": "contour", "Rules": [{"Name": "a rule", "Matched": True, "Conditions": [{"Fact": "Modality"}] * 12}]}


def note_waiting_jobs(engine: sa.Engine, count: int) -> None:
    """Jobs that wait, of three targets and every priority, a third of them of one study."""
    chance, now = random.Random(1), time.time()
    turns: dict[tuple[str, str, str], int] = {}

    def row(number: int) -> dict[str, Any]:
        target, priority = _one_of(chance, TARGETS), _one_of(chance, PRIORITIES)
        study = orthanc_id(-1) if number % 3 == 0 else orthanc_id(-2 - number // SERIES_OF_A_STUDY)
        hours = NIGHT if priority == "night" else ""
        turns[target, priority, study] = turn = turns.get((target, priority, study), -1) + 1
        job = _job(number, "waiting", State.WAITING, Stage.QUEUED, now - count + number, hours)
        job |= {"study": study, "target": target, "priority": priority}
        return job | ({"hours": hours, "turn": turn} if "turn" in jobs.c else {})

    _insert(engine, jobs, count, row)


def note_ended_jobs(engine: sa.Engine, count: int, *, delivered: bool = True) -> None:
    """Jobs that are done; their results wait to be sent to two destinations, and one channel was told of each."""
    now = time.time()

    def delivery(number: int) -> dict[str, Any]:
        job = _id("done", number // len(DESTINATIONS))
        at = now - count + number
        return {
            "job": job, "attempt": 1, "destination": DESTINATIONS[number % len(DESTINATIONS)], "serial": 1, "rank": 1,
            "state": str(DeliveryState.WAITING), "step": str(Step.SEND if number % 5 else Step.PROVE), "tries": 0,
            "looks": 0, "noted": at, "at": at, "next_try": at, "deadline": now + 1e6,
        }  # fmt: skip

    def told(number: int) -> dict[str, Any]:
        job = {"job": _id("done", number), "attempt": 1, "channel": CHANNEL}
        return job | {"state": "sent", "noted": now - count + number, "tries": 0}

    done = lambda number: _job(number, "done", State.DONE, Stage.CLOSED, now - 2 * count + number, "")  # noqa: E731
    _insert(engine, jobs, count, done)
    _insert(engine, notifications, count, told)
    if delivered:
        _insert(engine, deliveries, count, delivery)


def note_pending_series(engine: sa.Engine, count: int, *, since: float) -> None:
    """Series with news that is not decided on, the newest of them ``since`` seconds ago."""
    newest = time.time() - since

    def row(number: int) -> dict[str, Any]:
        at = newest - 0.01 * (count - number)
        noted = {"id": orthanc_id(number), "last_arrival": at, "pending": True}
        return noted | ({"due": at} if "due" in series.c else {})

    _insert(engine, series, count, row)


def note_structure_sets(engine: sa.Engine, count: int, state: SetState, first: int = 0) -> None:
    """Structure sets of people's, each in a study of its own."""
    now = time.time()

    def row(number: int) -> dict[str, Any]:
        name = orthanc_id(50_000_000 + first + number)
        return {
            "instance": name, "series": name, "study": orthanc_id(-2 - number), "state": str(state), "approved": False,
            "noted": now - count + number, "tries": 0, "next_try": 0.0, "looked": now - count,
        }  # fmt: skip

    _insert(engine, structure_sets, count, row)


def _insert(engine: sa.Engine, table: sa.Table, count: int, row: Callable[[int], dict[str, Any]]) -> None:
    with engine.begin() as connection:
        for chunk in _chunks(count):
            connection.execute(sa.insert(table), [row(number) for number in chunk])
    if engine.dialect.name == "postgresql":  # as autovacuum does after a minute
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text(f"VACUUM ANALYZE {table.name}"))


def _chunks(count: int) -> Iterator[range]:
    return (range(begin, min(count, begin + AT_ONCE)) for begin in range(0, count, AT_ONCE))


def _id(kind: str, number: int) -> str:
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {number}").hex


def _job(number: int, kind: str, state: State, stage: Stage, created: float, hours: str) -> dict[str, Any]:
    identifier = _id(kind, number)
    decision = {"rule": "a rule", "model": "hu-ct", "target": "local", "hours": hours or None}
    return {
        "id": identifier, "key": identifier, "series": orthanc_id(number), "study": orthanc_id(-2 - number),
        "content": "0" * 64, "rule": "a rule", "model": "hu-ct", "target": "local", "priority": "normal",
        "state": str(state), "stage": str(stage), "progress": float(state.final), "created": created,
        "updated": created, "attempt": 1, "instances": 200, "evidence_code": identifier[:16].upper(),
        "rtstruct": orthanc_id(10_000_000 + number) if state is State.DONE else None,
        "details": {"decision": decision, "explanation": SAID},
    }  # fmt: skip


def _one_of(chance: random.Random, weighted: tuple[tuple[str, int], ...]) -> str:
    values, weights = zip(*weighted, strict=True)
    return str(chance.choices(values, weights)[0])
