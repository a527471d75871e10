"""What intake noted of one series, for those who ask; and the way to have it looked at once more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from plugin.intake.arrivals import INSTALLED, Arrival
from plugin.state.database import cursor, series
from routing.decide import CONTOUR, ERROR, EXCLUDED, NONE


@dataclass(frozen=True)
class KnownSeries:
    """A series that had news: whether they still have to be decided on, and what was decided last (empty: nothing)."""

    arrival: Arrival
    pending: bool
    outcome: str


class SeriesTable:
    """The table of series seen; ``clock`` tells the time of day."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def get(self, identifier: str) -> KnownSeries | None:
        """Return what is noted of a series; None when nothing is."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(series).where(series.c.id == identifier)).mappings().first()
        return None if row is None else _known(row)

    def among(self, identifiers: Iterable[str]) -> list[KnownSeries]:
        """Return what is noted of each of these series, where something is; the longest known first."""
        wanted = sa.select(series).where(series.c.id.in_(list(identifiers)))
        wanted = wanted.order_by(series.c.last_arrival, series.c.id)
        with self._engine.connect() as connection:
            return [_known(row) for row in connection.execute(wanted).mappings()]

    def last_decided(self, limit: int) -> list[str]:
        """Return the series that were decided on, those with the newest news first; they may be gone by now."""
        wanted = sa.select(series.c.id).where(series.c.outcome.in_((CONTOUR, EXCLUDED, NONE, ERROR)))
        wanted = wanted.order_by(series.c.last_arrival.desc(), series.c.id).limit(limit)
        with self._engine.connect() as connection:
            return [str(row[0]) for row in connection.execute(wanted)]

    def note_outcome(self, identifier: str, outcome: str) -> None:
        """Note that a decision on a series was changed by what came of its study later."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(series).where(series.c.id == identifier).values(outcome=outcome))

    def installed(self) -> float | None:
        """Read since when series count (seconds since the epoch); None before the change log was first read."""
        with self._engine.connect() as connection:
            value = connection.execute(sa.select(cursor.c.value).where(cursor.c.name == INSTALLED)).scalar()
        return None if value is None else float(value)

    def look_again(self, identifier: str) -> None:
        """Let intake decide on a series as if it had never done so."""
        anew = {"pending": True, "content": "", "outcome": "", "due": 0.0}
        with self._engine.begin() as connection:
            changed = connection.execute(sa.update(series).where(series.c.id == identifier).values(anew)).rowcount
            if not changed:
                row = {"id": identifier, "last_arrival": self._clock()} | anew
                connection.execute(sa.insert(series).values(row))


def _known(row: Mapping[Any, Any]) -> KnownSeries:
    arrival = Arrival(row["id"], row["last_arrival"], row["content"])
    return KnownSeries(arrival, bool(row["pending"]), row["outcome"] or "")
