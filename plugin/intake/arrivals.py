"""Which series have news, and since when they are quiet; kept in the database, so a restart forgets nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from plugin.state.database import change_marks, cursor, series

POSITION, INSTALLED, RECONCILE, BEGUN = "changes", "installed", "reconcile", "begun"
# How long a look at a series is put off at most: one that is due later is of a clock that was set back.
LONGEST_SECONDS = 300.0
# Of more series the time of day alone tells how long they are quiet, as after a restart.
MOST_RECORDED = 20_000


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
        *,
        quiet_seconds: float = 0.0,
    ) -> None:
        """``quiet_seconds``: how long after its last slice a series is looked at."""
        self._engine = engine
        self._clock = clock
        self._ticks = ticks
        self._quiet = quiet_seconds
        # By how much the time of day is ahead of the ticks; unknown before the first look.
        self._ahead = float("inf")
        # When news of a series was recorded, by both clocks, for those that this process recorded.
        self._recorded: dict[str, tuple[float, float]] = {}

    def begin(self) -> None:
        """Note when a gateway first worked on this database; what was noted stays."""
        note = sa.text("INSERT INTO cursor (name, value) VALUES (:name, :now) ON CONFLICT DO NOTHING")
        with self._engine.begin() as connection:
            connection.execute(note, {"name": BEGUN, "now": int(self._clock())})

    def seconds_since_begun(self) -> float:
        """Tell for how long gateways have worked on this database, those that read no change log yet included."""
        with self._engine.connect() as connection:
            begun = connection.execute(sa.select(cursor.c.value).where(cursor.c.name == BEGUN)).scalar()
        return 0.0 if begun is None else max(0.0, self._clock() - float(begun))

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
        news = {"last_arrival": now, "pending": True, "due": now + self._quiet}
        with self._engine.begin() as connection:
            for identifier in names:
                changed = connection.execute(sa.update(series).where(series.c.id == identifier).values(news)).rowcount
                if not changed:
                    connection.execute(sa.insert(series).values(news | {"id": identifier}))
            _set(connection, POSITION, position.sequence)
            connection.execute(sa.delete(change_marks))
            for sequence, digest in position.marks.items():
                connection.execute(sa.insert(change_marks).values(sequence=sequence, digest=digest))
            if installed is not None:
                _set(connection, INSTALLED, int(installed))
            if reconcile:
                _set(connection, RECONCILE, 1)
        self._note_ticks(names, now, self._ticks())

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
        news = {"last_arrival": now, "pending": True, "due": now + self._quiet}
        with self._engine.begin() as connection:
            for identifier in missed:
                if identifier in known:
                    connection.execute(sa.update(series).where(series.c.id == identifier).values(news))
                else:
                    connection.execute(sa.insert(series).values(news | {"id": identifier}))
        self._note_ticks(missed, now, ticks)
        return missed

    def reconciled(self) -> None:
        """Note that every series of Orthanc was looked through."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(cursor).where(cursor.c.name == RECONCILE))

    def due(self, limit: int) -> list[Arrival]:
        """Return series with news that are to be looked at now, those first that are due longest."""
        ahead = self._clock() - self._ticks()
        if ahead < self._ahead - 1.0:
            # The first look of this process, or the clock was set back: nobody waits for it to catch up.
            with self._engine.begin() as connection:
                later = (series.c.pending, series.c.due > self._clock())
                connection.execute(sa.update(series).where(*later).values(due=self._clock()))
        self._ahead = ahead
        query = sa.select(series.c.id, series.c.last_arrival, series.c.content)
        query = query.where(series.c.pending, series.c.due <= self._clock()).order_by(series.c.due, series.c.id)
        with self._engine.connect() as connection:
            return [Arrival(*row) for row in connection.execute(query.limit(limit))]

    def next_due(self) -> float | None:
        """Tell in how many seconds the next series is due, 0 where one is already; None without any."""
        with self._engine.connect() as connection:
            due = connection.execute(sa.select(sa.func.min(series.c.due)).where(series.c.pending)).scalar()
        return None if due is None else max(0.0, float(due) - self._clock())

    def put_off(self, looked_at: Mapping[Arrival, float]) -> None:
        """Let those that are still to be decided on be looked at again after so many seconds, unless more comes."""
        if not looked_at:
            return
        name: sa.BindParameter[str] = sa.bindparam("series_id")
        last: sa.BindParameter[float] = sa.bindparam("known_arrival")
        query = sa.update(series).where(series.c.id == name, series.c.last_arrival == last, series.c.pending)
        now = self._clock()
        rows = [
            {"series_id": one.series, "known_arrival": one.last_arrival, "next": now + min(seconds, LONGEST_SECONDS)}
            for one, seconds in looked_at.items()
        ]
        with self._engine.begin() as connection:
            connection.execute(query.values(due=sa.bindparam("next")), rows)

    def newest_pending(self, limit: int) -> list[Arrival]:
        """Series with news that was not decided on yet, the latest news first."""
        query = sa.select(series).where(series.c.pending).order_by(series.c.last_arrival.desc(), series.c.id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(limit)).mappings()
            return [Arrival(row["id"], row["last_arrival"], row["content"]) for row in rows]

    def quiet_for(self, arrival: Arrival) -> float:
        """Tell for how many seconds nothing more of a series has come."""
        at, ticks = self._recorded.get(arrival.series, (None, 0.0))
        if at != arrival.last_arrival:
            # Recorded before this process began, or by another gateway since: only the time of day is left, and it may
            # have been set back.
            ticks = self._ticks() - max(0.0, self._clock() - arrival.last_arrival)
            self._note_ticks([arrival.series], arrival.last_arrival, ticks)
        return self._ticks() - ticks

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

    def _note_ticks(self, names: Iterable[str], at: float, ticks: float) -> None:
        for name in names:
            self._recorded.pop(name, None)
            self._recorded[name] = (at, ticks)
        while len(self._recorded) > MOST_RECORDED:
            del self._recorded[next(iter(self._recorded))]

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
