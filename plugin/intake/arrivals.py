"""Which series have news, and since when they are quiet; kept in the database, so a restart forgets nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from plugin.state.database import change_marks, cursor, series

POSITION, INSTALLED, RECONCILE = "changes", "installed", "reconcile"


@dataclass(frozen=True)
class Arrival:
    """A series with news: when its last slice came (seconds since the epoch), and what was last decided on."""

    series: str
    last_arrival: float
    content: str | None


@dataclass(frozen=True)
class Position:
    """How far Orthanc's change log was read; ``marks`` are digests of the last entries, by sequence number."""

    sequence: int
    marks: Mapping[int, str]


class Arrivals:
    """The table of series seen and the position in Orthanc's change log.

    ``clock`` tells the time of day, which somebody may set; how long a series has been quiet is measured with
    ``ticks``, which nobody can, and a time of day that lies in the future counts as now.
    """

    def __init__(
        self,
        engine: sa.Engine,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._ticks = ticks
        # When news of a series was recorded, for those that this process recorded.
        self._recorded: dict[str, float] = {}

    def position(self) -> Position | None:
        """Read how far the change log was read; None before the first start."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(cursor.c.value).where(cursor.c.name == POSITION)).first()
            marks = connection.execute(sa.select(change_marks.c.sequence, change_marks.c.digest)).all()
        return Position(int(row[0]), {int(sequence): str(digest) for sequence, digest in marks}) if row else None

    def installed(self) -> float:
        """Read since when series count (seconds since the epoch): what came earlier is not contoured by itself.

        A state of before this was kept takes its first series for it.
        """
        with self._engine.begin() as connection:
            row = connection.execute(sa.select(cursor.c.value).where(cursor.c.name == INSTALLED)).first()
            if row is not None:
                return float(row[0])
            first = connection.execute(sa.select(sa.func.min(series.c.last_arrival))).scalar()
            installed = int(first if first is not None else self._clock())
            _set(connection, INSTALLED, installed)
        return float(installed)

    def record(
        self, arrived: Iterable[str], position: Position, *, installed: float | None = None, reconcile: bool = False
    ) -> None:
        """Note news of these series together with the position read so far: both or neither.

        ``installed`` is given at the very first reading; ``reconcile`` when entries of the log may have been lost.
        """
        now, names = self._clock(), tuple(arrived)
        with self._engine.begin() as connection:
            for identifier in names:
                changed = connection.execute(
                    sa.update(series).where(series.c.id == identifier).values(last_arrival=now, pending=True)
                ).rowcount
                if not changed:
                    connection.execute(sa.insert(series).values(id=identifier, last_arrival=now, pending=True))
            _set(connection, POSITION, position.sequence)
            connection.execute(sa.delete(change_marks))
            for sequence, digest in position.marks.items():
                connection.execute(sa.insert(change_marks).values(sequence=sequence, digest=digest))
            if installed is not None:
                _set(connection, INSTALLED, int(installed))
            if reconcile:
                _set(connection, RECONCILE, 1)
        ticks = self._ticks()
        self._recorded.update(dict.fromkeys(names, ticks))

    def must_reconcile(self) -> bool:
        """Whether entries of the change log were lost and not every series has been looked through since."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(cursor.c.value).where(cursor.c.name == RECONCILE)).first() is not None

    def missed(self, updated: Mapping[str, float]) -> list[str]:
        """Note news of those series that were updated after what is known of them; returns which.

        ``updated`` is Orthanc's time of each series' newest slice (seconds since the epoch).
        """
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(series.c.id, series.c.last_arrival).where(series.c.id.in_(list(updated)))
            ).all()
        known = {str(identifier): float(last) for identifier, last in rows}
        missed = [one for one, at in updated.items() if one not in known or known[one] < at]
        now, ticks = self._clock(), self._ticks()
        with self._engine.begin() as connection:
            for identifier in missed:
                if identifier in known:
                    changed = sa.update(series).where(series.c.id == identifier)
                    connection.execute(changed.values(last_arrival=now, pending=True))
                else:
                    connection.execute(sa.insert(series).values(id=identifier, last_arrival=now, pending=True))
        self._recorded.update(dict.fromkeys(missed, ticks))
        return missed

    def reconciled(self) -> None:
        """Note that every series of Orthanc was looked through."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(cursor).where(cursor.c.name == RECONCILE))

    def pending(self) -> list[Arrival]:
        """Series with news that was not decided on yet, the longest waiting first."""
        query = sa.select(series).where(series.c.pending).order_by(series.c.last_arrival)
        with self._engine.connect() as connection:
            return [
                Arrival(row["id"], row["last_arrival"], row["content"]) for row in connection.execute(query).mappings()
            ]

    def newest_pending(self, limit: int) -> list[Arrival]:
        """Series with news that was not decided on yet, the latest news first."""
        query = sa.select(series).where(series.c.pending).order_by(series.c.last_arrival.desc(), series.c.id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(limit)).mappings()
            return [Arrival(row["id"], row["last_arrival"], row["content"]) for row in rows]

    def quiet_for(self, arrival: Arrival) -> float:
        """Tell for how many seconds nothing more of a series has come."""
        if arrival.series not in self._recorded:
            # Recorded before this process began: only the time of day is left, and it may have been set back.
            self._recorded[arrival.series] = self._ticks() - max(0.0, self._clock() - arrival.last_arrival)
        return self._ticks() - self._recorded[arrival.series]

    def decided(self, arrival: Arrival, content: str, outcome: str) -> None:
        """Close the news, unless more has come since ``arrival`` was read."""
        self._close(arrival, {"content": content, "outcome": outcome})

    def settle(self, arrival: Arrival, content: str) -> None:
        """Close the news without a decision: nothing new in it. ``content`` is what was decided on, by its key now."""
        self._close(arrival, {"content": content})

    def forget(self, identifier: str) -> None:
        """Drop what is known of a series that was deleted from Orthanc."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(series).where(series.c.id == identifier))
        self._recorded.pop(identifier, None)

    def _close(self, arrival: Arrival, values: Mapping[str, str]) -> None:
        with self._engine.begin() as connection:
            closed = connection.execute(
                sa.update(series)
                .where(series.c.id == arrival.series, series.c.last_arrival == arrival.last_arrival)
                .values(pending=False)
            ).rowcount
            connection.execute(sa.update(series).where(series.c.id == arrival.series).values(**values))
        if closed:
            self._recorded.pop(arrival.series, None)


def _set(connection: sa.Connection, name: str, value: int) -> None:
    changed = connection.execute(sa.update(cursor).where(cursor.c.name == name).values(value=value)).rowcount
    if not changed:
        connection.execute(sa.insert(cursor).values(name=name, value=value))
