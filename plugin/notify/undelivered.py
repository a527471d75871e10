"""Deliveries that did not arrive, for the channels that want to hear of them: late ones, and those given up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from plugin.notify.message import Message
from plugin.state.database import deliveries, jobs, told_deliveries

# What did not arrive for so long is no news, to a channel that is new.
OLDEST_SECONDS = 3 * 86400.0
# Ends that need nobody: a newer result goes instead.
_EXPECTED = ("DELIVERY_SUPERSEDED", "DELIVERY_HELD")


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A delivery that did not arrive in time, or was given up."""

    job: str
    attempt: int
    destination: str
    serial: int
    state: str
    status: str | None
    rule: str

    def message(self, channel: str) -> Message:
        """Write the message to a channel."""
        document = {
            "Outcome": "undelivered",
            "Job": self.job,
            "Attempt": self.attempt,
            "Rule": self.rule or None,
            "Destination": self.destination,
            "State": self.state,
            "Code": self.status,
        }
        key = f"{self.job}-{self.attempt}-{self.destination}-{self.serial}-{channel}"
        return Message(key, "undelivered", self.job, document)


class UndeliveredTable:
    """Compares what was delivered with what each channel was told."""

    def __init__(
        self, engine: sa.Engine, alert_seconds: Mapping[str, float], clock: Callable[[], float] = time.time
    ) -> None:
        """``alert_seconds``: how long without arrival each destination may be."""
        self._engine = engine
        self._alert_seconds = alert_seconds
        self._clock = clock

    def untold(self, channel: str, limit: int = 50) -> Sequence[Undelivered]:
        """Return what a channel was not told of, oldest first."""
        now, row = self._clock(), deliveries.c
        late = [
            sa.and_(row.destination == name, row.step.not_in(("closed", "held")), row.noted <= now - seconds)
            for name, seconds in self._alert_seconds.items()
        ]
        given_up = sa.and_(row.step == "closed", row.state == "refused")
        of_it = sa.and_(
            *(told_deliveries.c[name] == row[name] for name in ("job", "attempt", "destination", "serial")),
            told_deliveries.c.channel == channel,
        )
        query = (
            sa.select(row.job, row.attempt, row.destination, row.serial, row.state, row.status, jobs.c.rule)
            .join(jobs, jobs.c.id == row.job)
            .outerjoin(told_deliveries, of_it)
            .where(sa.or_(given_up, *late), told_deliveries.c.job.is_(None), row.at > now - OLDEST_SECONDS)
            .where(sa.or_(row.status.is_(None), row.status.not_in(_EXPECTED)))
            .order_by(row.noted)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [Undelivered(*found) for found in connection.execute(query)]

    def told(self, channel: str, one: Undelivered) -> None:
        """Note that a channel was told."""
        values = {"job": one.job, "attempt": one.attempt, "destination": one.destination, "serial": one.serial}
        with self._engine.begin() as connection:
            connection.execute(sa.insert(told_deliveries).values(values | {"channel": channel}))

    def prune(self) -> None:
        """Delete what was noted of jobs that are no longer in the table."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(told_deliveries).where(told_deliveries.c.job.not_in(sa.select(jobs.c.id))))
