"""The table of deliveries: noted when a result is stored, changed step by step, each change on disk before the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from itertools import product
from typing import Any

import sqlalchemy as sa

from plugin.deliver.delivery import HELD, Delivery, DeliveryState, Proof, Step
from plugin.jobs.job import Job
from plugin.state.database import deliveries, jobs

COLUMNS = tuple(field.name for field in fields(Delivery))
RANKS = {"urgent": 0, "normal": 1, "night": 2}
# A next try further away than any pause is of a clock that was set back.
LONGEST_PAUSE = 3600.0
_ARRIVED = (str(DeliveryState.DELIVERED), str(DeliveryState.SENT))
_OPEN = tuple(str(step) for step in Step if step not in (Step.CLOSED, Step.HELD))


class DeliveryTable:
    """Reads and writes deliveries; a change of one that was asked for anew meanwhile is lost, as it should be."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def note(self, job: Job, destination: str, hours: float, *, held: bool = False) -> None:
        """Note that a job's result is to be delivered; noted twice it is one delivery."""
        now = self._clock()
        row = {"job": job.id, "attempt": job.attempt, "destination": destination, "serial": 1}
        row |= _fresh(job, now, hours, held=held)
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(deliveries).values(row))
        except sa.exc.IntegrityError:
            return

    def again(self, job: Job, destination: str, hours: float) -> None:
        """Let a delivery begin anew, or begin."""
        known = self.get(job.id, job.attempt, destination)
        if known is None:
            self.note(job, destination, hours)
            return
        values = _fresh(job, self._clock(), hours) | {"serial": known.serial + 1}
        self._write(known, values)

    def get(self, job: str, attempt: int, destination: str) -> Delivery | None:
        """Return one delivery."""
        its = (deliveries.c.job == job, deliveries.c.attempt == attempt, deliveries.c.destination == destination)
        return next(iter(self._select(sa.select(deliveries).where(*its))), None)

    def of(self, job: Job) -> list[Delivery]:
        """Return the deliveries of a job's present attempt."""
        its = (deliveries.c.job == job.id, deliveries.c.attempt == job.attempt)
        return self._select(sa.select(deliveries).where(*its).order_by(deliveries.c.destination))

    def of_every_attempt(self, job: str) -> list[Delivery]:
        """Return the deliveries of a job in any attempt."""
        query = sa.select(deliveries).where(deliveries.c.job == job)
        return self._select(query.order_by(deliveries.c.attempt, deliveries.c.destination))

    def due(self, destination: str, steps: Sequence[Step]) -> Delivery | None:
        """Return what is to be done next at a destination: the most urgent, then the oldest."""
        now, row = self._clock(), deliveries.c
        found: list[Delivery] = []
        # Each step and rank by itself: so the index has them in order, and of however many that wait one is read.
        for rank in sorted(RANKS.values()):
            for step in steps:
                its = (row.destination == destination, row.step == str(step), row.rank == rank)
                is_due = sa.or_(row.next_try <= now, row.next_try > now + 1.1 * LONGEST_PAUSE)
                query = sa.select(deliveries).where(*its, is_due).order_by(row.noted, row.job).limit(1)
                found += self._select(query)
            if found:
                return min(found, key=lambda one: (one.noted, one.job))
        return None

    def has_arrived(self, destination: str, older: Sequence[str]) -> bool:
        """Whether a destination took the result of one of these jobs, or may have."""
        if not older:
            return False
        query = sa.select(sa.func.count()).where(
            deliveries.c.destination == destination,
            deliveries.c.job.in_(older),
            sa.or_(deliveries.c.state.in_(_ARRIVED), deliveries.c.step == str(Step.UNSURE)),
        )
        with self._engine.connect() as connection:
            return bool(connection.execute(query).scalar())

    def change(self, one: Delivery, **values: Any) -> bool:
        """Change a delivery; False when it was asked for anew meanwhile, or its job is gone."""
        return self._write(one, values | {"at": self._clock()})

    def stop(self, job: str, status: str) -> int:
        """End what was not begun to be sent of a job, in any attempt; returns how many.

        With another serial, so that whoever was about to send it finds it gone.
        """
        row = deliveries.c
        waiting = (row.job == job, row.step.in_((str(Step.SEND), str(Step.HELD))))
        values = {"step": str(Step.CLOSED), "state": str(DeliveryState.REFUSED), "status": status, "at": self._clock()}
        with self._engine.begin() as connection:
            query = sa.update(deliveries).where(*waiting).values(serial=row.serial + 1, **values)
            return int(connection.execute(query).rowcount)

    def stop_all(self, job: str) -> None:
        """End everything of a job that is to be erased, however far it is; who is at it finds it gone."""
        values = {"step": str(Step.CLOSED), "at": self._clock()}
        with self._engine.begin() as connection:
            query = sa.update(deliveries).where(deliveries.c.job == job)
            connection.execute(query.values(serial=deliveries.c.serial + 1, **values))

    def holds(self, one: Delivery) -> bool:
        """Whether a delivery is still the one that was asked for then."""
        known = self.get(one.job, one.attempt, one.destination)
        return known is not None and known.serial == one.serial

    def remove_of(self, job: str) -> int:
        """Delete what is noted of a job, in any attempt; returns how many rows."""
        with self._engine.begin() as connection:
            return int(connection.execute(sa.delete(deliveries).where(deliveries.c.job == job)).rowcount)

    def remove(self, one: Delivery) -> None:
        """Delete a delivery whose job is no longer in the table."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(deliveries).where(*_its(one)))

    def prune(self) -> None:
        """Delete what was noted of jobs that are no longer in the table."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(deliveries).where(deliveries.c.job.not_in(sa.select(jobs.c.id))))

    def counts(self) -> dict[tuple[str, DeliveryState], int]:
        """How many deliveries there are, by destination and state."""
        columns = (deliveries.c.destination, deliveries.c.state)
        query = sa.select(*columns, sa.func.count()).group_by(*columns)
        with self._engine.connect() as connection:
            return {(str(name), DeliveryState(state)): int(n) for name, state, n in connection.execute(query)}

    def oldest_open(self, destinations: Iterable[str]) -> dict[str, float]:
        """When the oldest delivery was noted that has not arrived and is still tried, by destination."""
        oldest: dict[str, float] = {}
        row = deliveries.c
        with self._engine.connect() as connection:
            for name, step, rank in product(destinations, _OPEN, RANKS.values()):
                its = (row.destination == name, row.step == step, row.rank == rank)
                noted = connection.execute(sa.select(sa.func.min(row.noted)).where(*its)).scalar()
                if noted is not None:
                    oldest[name] = min(float(noted), oldest.get(name, float(noted)))
        return oldest

    def _write(self, one: Delivery, values: Mapping[str, Any]) -> bool:
        plain = {
            name: str(value) if isinstance(value, Step | DeliveryState | Proof) else value
            for name, value in values.items()
        }
        with self._engine.begin() as connection:
            query = sa.update(deliveries).where(*_its(one), deliveries.c.serial == one.serial).values(plain)
            return connection.execute(query).rowcount == 1

    def _select(self, query: sa.Select[Any]) -> list[Delivery]:
        with self._engine.connect() as connection:
            return [_delivery_of(row) for row in connection.execute(query).mappings()]


def _fresh(job: Job, now: float, hours: float, *, held: bool = False) -> dict[str, Any]:
    return {
        "rank": RANKS.get(job.priority, RANKS["normal"]),
        "state": str(DeliveryState.WAITING),
        "step": str(Step.HELD if held else Step.SEND),
        "proof": None,
        "status": HELD if held else None,
        "mark": None,
        "tries": 0,
        "looks": 0,
        "noted": now,
        "sent": None,
        "at": now,
        "next_try": now,
        "deadline": now + 3600.0 * hours,
    }


def _its(one: Delivery) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        deliveries.c.job == one.job,
        deliveries.c.attempt == one.attempt,
        deliveries.c.destination == one.destination,
    )


def _delivery_of(row: Mapping[Any, Any]) -> Delivery:
    values = {column: row[column] for column in COLUMNS}
    values["state"], values["step"] = DeliveryState(values["state"]), Step(values["step"])
    values["proof"] = None if values["proof"] is None else Proof(values["proof"])
    return Delivery(**values)
