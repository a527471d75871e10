"""The jobs that wait, read a few at a time: however many there are, only those are read that may start next.

Studies take turns by a number that each job gets when it begins to wait: one more than the last waiting job of its
study, and at least that of the job that was started last. So the second job of a study comes behind the first ones of
all others, however many came before, and the order is the same for every gateway and after each restart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from plugin.jobs.job import State
from plugin.state.database import jobs

RANKS = {"urgent": 0, "normal": 1, "night": 2}
_WAITING, _RUNNING = _OPEN = (str(State.WAITING), str(State.RUNNING))


@dataclass(frozen=True, order=True)
class Group:
    """What waits for the same: jobs of one target, priority and hours of operation (empty: all)."""

    target: str
    priority: str
    hours: str


@dataclass(frozen=True)
class Waiting:
    """What the queue needs to know of a waiting job."""

    id: str
    group: Group
    turn: int
    created: float

    @property
    def place(self) -> tuple[int, int, float, str]:
        """Sorts the jobs of a target: urgent before normal before night, studies in turns, then the older one."""
        return RANKS[self.group.priority], self.turn, self.created, self.id


class WaitingJobs:
    """Reads the table by its index; safe for several threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def groups(self) -> Sequence[Group]:
        """Return for what jobs wait: a look into the index for each, however many wait in it."""
        found: list[Group] = []
        columns = (jobs.c.target, jobs.c.priority, jobs.c.hours)
        query = sa.select(*columns).where(jobs.c.state == _WAITING).order_by(*columns).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
            while row is not None:
                found.append(Group(*row))
                behind = sa.tuple_(*columns) > sa.tuple_(*map(sa.literal, row))
                row = connection.execute(query.where(behind)).first()
        return found

    def first(self, group: Group, limit: int) -> list[Waiting]:
        """Return the jobs of a group that come first."""
        its = (jobs.c.target == group.target, jobs.c.priority == group.priority, jobs.c.hours == group.hours)
        query = sa.select(jobs.c.id, jobs.c.turn, jobs.c.created).where(jobs.c.state == _WAITING, *its)
        query = query.order_by(jobs.c.turn, jobs.c.created, jobs.c.id).limit(limit)
        with self._engine.connect() as connection:
            return [
                Waiting(identifier, group, turn, created) for identifier, turn, created in connection.execute(query)
            ]


def next_turn(connection: sa.Connection, study: str, target: str, priority: str) -> int:
    """Return the turn of a job that begins to wait now."""
    lane = (jobs.c.target == target, jobs.c.priority == priority)
    of_study = [_one(connection, sa.func.max(jobs.c.turn), state, jobs.c.study == study, *lane) for state in _OPEN]
    # Where the others stand: at the last one that was started, or where none runs, at the first that waits.
    present = _one(connection, sa.func.max(jobs.c.turn), _RUNNING, *lane)
    if present is None:
        present = _first_turn(connection, *lane)
    return max(present or 0, *(0 if turn is None else turn + 1 for turn in of_study))


def _first_turn(connection: sa.Connection, *lane: sa.ColumnElement[bool]) -> int | None:
    """Return the turn of the first waiting job; each of the few hours of operation is asked for by itself."""
    first: int | None = None
    hours = _one(connection, sa.func.min(jobs.c.hours), _WAITING, *lane)
    while hours is not None:
        turn = _one(connection, sa.func.min(jobs.c.turn), _WAITING, *lane, jobs.c.hours == hours)
        first = turn if first is None else min(first, turn or 0)
        hours = _one(connection, sa.func.min(jobs.c.hours), _WAITING, *lane, jobs.c.hours > hours)
    return first


def _one(connection: sa.Connection, what: sa.ColumnElement[Any], state: str, *its: sa.ColumnElement[bool]) -> Any:
    return connection.execute(sa.select(what).where(jobs.c.state == state, *its)).scalar()
