"""How many series are where: what the metrics say of the table of series."""

from __future__ import annotations

import sqlalchemy as sa

from plugin.state.database import series


class SeriesNumbers:
    """Counts rows; no id of a series leaves it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def arriving(self) -> int:
        """How many series have news that is not decided on yet."""
        return self._count(series.c.pending)

    def given_up(self) -> int:
        """How many series could not be read, and were given up; one that is sent again is counted no more."""
        return self._count(series.c.outcome == "unreadable")

    def _count(self, condition: sa.ColumnElement[bool]) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).where(condition)).scalar() or 0)
