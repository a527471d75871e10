"""Which series have news, and since when they are quiet; kept in the database, so a restart forgets nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from plugin.state.database import cursor, series


@dataclass(frozen=True)
class Arrival:
    """A series with news: when its last slice came (seconds since the epoch), and what was last decided on."""

    series: str
    last_arrival: float
    content: str | None


class Arrivals:
    """The table of series seen and the position in Orthanc's change log."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def position(self) -> int | None:
        """The last sequence number of Orthanc's change log that was read; None before the first start."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(cursor.c.value).where(cursor.c.name == "changes")).first()
        return int(row[0]) if row else None

    def record(self, arrived: Iterable[str], position: int, now: float) -> None:
        """Note news of these series together with the position read so far: both or neither."""
        with self._engine.begin() as connection:
            for identifier in arrived:
                changed = connection.execute(
                    sa.update(series).where(series.c.id == identifier).values(last_arrival=now, pending=True)
                ).rowcount
                if not changed:
                    connection.execute(sa.insert(series).values(id=identifier, last_arrival=now, pending=True))
            moved = connection.execute(
                sa.update(cursor).where(cursor.c.name == "changes").values(value=position)
            ).rowcount
            if not moved:
                connection.execute(sa.insert(cursor).values(name="changes", value=position))

    def pending(self) -> list[Arrival]:
        """Series with news that was not decided on yet, the longest waiting first."""
        query = sa.select(series).where(series.c.pending).order_by(series.c.last_arrival)
        with self._engine.connect() as connection:
            return [
                Arrival(row["id"], row["last_arrival"], row["content"]) for row in connection.execute(query).mappings()
            ]

    def next_quiet(self, quiet_seconds: float) -> float | None:
        """When the next pending series has been quiet for long enough (seconds since the epoch)."""
        query = sa.select(sa.func.min(series.c.last_arrival)).where(series.c.pending)
        with self._engine.connect() as connection:
            earliest = connection.execute(query).scalar()
        return None if earliest is None else float(earliest) + quiet_seconds

    def decided(self, arrival: Arrival, content: str, outcome: str) -> None:
        """Close the news, unless more has come since ``arrival`` was read."""
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(series)
                .where(series.c.id == arrival.series, series.c.last_arrival == arrival.last_arrival)
                .values(pending=False)
            )
            connection.execute(
                sa.update(series).where(series.c.id == arrival.series).values(content=content, outcome=outcome)
            )

    def settle(self, arrival: Arrival, content: str) -> None:
        """Close the news without a decision: nothing new in it. ``content`` is what was decided on, by its key now."""
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(series)
                .where(series.c.id == arrival.series, series.c.last_arrival == arrival.last_arrival)
                .values(pending=False)
            )
            connection.execute(sa.update(series).where(series.c.id == arrival.series).values(content=content))

    def forget(self, identifier: str) -> None:
        """The series was deleted from Orthanc."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(series).where(series.c.id == identifier))
