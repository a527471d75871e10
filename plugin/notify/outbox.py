"""What each channel was told of which job, and what it is still to be told: rows beside the job table.

Jobs that ended are found by comparing the tables, however they came to their end and whatever was killed after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from plugin.notify.message import TOLD_OF
from plugin.state.database import jobs, notifications, notify_channels

WAITING, SENT, PASSED, GIVEN_UP = "waiting", "sent", "passed", "given up"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notification that is not sent yet; ``noted`` is when (seconds since the epoch) it was found."""

    job: str
    attempt: int
    noted: float
    tries: int


class Outbox:
    """Reads and writes notifications."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def know(self, channels: Sequence[str]) -> None:
        """Take these as the channels that there are: a new one hears of no job that ended before it was known."""
        with self._engine.begin() as connection:
            known = set(connection.execute(sa.select(notify_channels.c.name)).scalars())
            connection.execute(sa.delete(notifications).where(notifications.c.channel.not_in(channels)))
            connection.execute(sa.delete(notify_channels).where(notify_channels.c.name.not_in(channels)))
            for name in channels:
                if name not in known:
                    connection.execute(sa.insert(notify_channels).values(name=name))
                    columns = ["job", "attempt", "channel", "state", "noted", "tries"]
                    ended = sa.select(
                        jobs.c.id, jobs.c.attempt, sa.literal(name), sa.literal(PASSED), jobs.c.updated, sa.literal(0)
                    ).where(_ended())
                    connection.execute(sa.insert(notifications).from_select(columns, ended))

    def ended(self, channel: str, limit: int = 500, *, since: float = 0.0) -> Sequence[str]:
        """Ids of jobs that ended, in this attempt, and of which it is not noted whether the channel is to be told.

        ``since``: only those that changed at that time or later (seconds since the epoch).
        """
        of_it = sa.and_(
            notifications.c.job == jobs.c.id,
            notifications.c.attempt == jobs.c.attempt,
            notifications.c.channel == channel,
        )
        query = sa.select(jobs.c.id).outerjoin(notifications, of_it).where(_ended(), notifications.c.job.is_(None))
        query = query.where(jobs.c.updated >= since)
        with self._engine.connect() as connection:
            return connection.execute(query.order_by(jobs.c.updated).limit(limit)).scalars().all()

    def last_end(self) -> float:
        """Return when the last job ended that anybody may be told of (seconds since the epoch); 0 without one."""
        with self._engine.connect() as connection:
            ends = [
                connection.execute(sa.select(sa.func.max(jobs.c.updated)).where(jobs.c.state == str(state))).scalar()
                for state in TOLD_OF
            ]
        return max(float(end or 0.0) for end in ends)

    def note(self, channel: str, job: str, attempt: int, *, wanted: bool) -> None:
        """Note that a channel is to be told of a job, or is not."""
        row = {
            "job": job,
            "attempt": attempt,
            "channel": channel,
            "state": WAITING if wanted else PASSED,
            "noted": self._clock(),
            "tries": 0,
        }
        with self._engine.begin() as connection:
            connection.execute(sa.insert(notifications).values(row))

    def waiting(self, channel: str, limit: int = 50) -> Sequence[Waiting]:
        """Return what a channel is to be told: what was tried least often first, then the oldest."""
        columns = (notifications.c.job, notifications.c.attempt, notifications.c.noted, notifications.c.tries)
        query = sa.select(*columns).where(notifications.c.channel == channel, notifications.c.state == WAITING)
        order = (notifications.c.tries, notifications.c.noted)
        with self._engine.connect() as connection:
            return [Waiting(*row) for row in connection.execute(query.order_by(*order).limit(limit))]

    def count_waiting(self) -> dict[str, int]:
        """How many notifications wait, by channel; none is no key."""
        name = notifications.c.channel
        query = sa.select(name, sa.func.count()).where(notifications.c.state == WAITING).group_by(name)
        with self._engine.connect() as connection:
            return {str(channel): int(count) for channel, count in connection.execute(query)}

    def settle(self, channel: str, one: Waiting, state: str) -> None:
        """Note that a notification was sent, given up, or is of no interest any more."""
        self._change(channel, one, {"state": state})

    def failed(self, channel: str, one: Waiting) -> None:
        """Count an attempt that failed."""
        self._change(channel, one, {"tries": one.tries + 1})

    def prune(self) -> None:
        """Delete what was noted of jobs that are no longer in the table."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(notifications).where(notifications.c.job.not_in(sa.select(jobs.c.id))))

    def _change(self, channel: str, one: Waiting, values: dict[str, object]) -> None:
        its = (
            notifications.c.job == one.job,
            notifications.c.attempt == one.attempt,
            notifications.c.channel == channel,
        )
        with self._engine.begin() as connection:
            connection.execute(sa.update(notifications).where(*its).values(values))


def _ended() -> sa.ColumnElement[bool]:
    return jobs.c.state.in_([str(state) for state in TOLD_OF])
