"""Which alerts people have seen, and from when on a new level is accepted."""

from __future__ import annotations

import time
from collections.abc import Callable

import sqlalchemy as sa

from plugin.quality.alerts.standing import QualityAlert
from plugin.quality.charts.chart import Restarts
from plugin.state.database import acknowledged_alerts


class AcknowledgedAlerts:
    """Reads and writes acknowledgements."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def ids(self) -> set[str]:
        """Return the ids of the alerts that were acknowledged."""
        with self._engine.connect() as connection:
            return set(connection.execute(sa.select(acknowledged_alerts.c.alert)).scalars())

    def restarts(self) -> Restarts:
        """Return when a new level was accepted, by structure, model and target."""
        row = acknowledged_alerts.c
        query = sa.select(row.structure, row.model, row.target, row.at).where(row.level).order_by(row.at)
        found: dict[tuple[str, str, str], list[float]] = {}
        with self._engine.connect() as connection:
            for structure, model, target, at in connection.execute(query):
                found.setdefault((structure, model, target), []).append(at)
        return found

    def acknowledge(self, alert: QualityAlert, *, level: bool) -> None:
        """Note that people have seen an alert; with ``level`` that what is now is the new baseline of its chart."""
        values = {
            "alert": alert.id,
            "at": self._clock(),
            "structure": alert.structures[0] if level else None,
            "model": alert.model,
            "target": alert.target,
            "level": level,
        }
        with self._engine.begin() as connection:
            connection.execute(sa.delete(acknowledged_alerts).where(acknowledged_alerts.c.alert == alert.id))
            connection.execute(sa.insert(acknowledged_alerts).values(values))
