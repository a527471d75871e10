"""The gateways that share a database: who is there, who leads, what each works on, and what keeps it from working."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from plugin.jobs.job import State, iso
from plugin.state.database import jobs
from plugin.state.group_tables import gateways

logger = logging.getLogger(__name__)

SAY_SECONDS = 5.0
# Heard of within so many seconds, a gateway is there: as its group sees it.
THERE_SECONDS = 15.0
# One that went for good is shown for so long, in case somebody misses it.
SHOWN_SECONDS = 86_400.0
NOW: sa.ColumnElement[float] = sa.literal_column("extract(epoch FROM clock_timestamp())")


class Gateways:
    """Says in the table how this gateway is, and shows what all of them say; a gateway alone has nothing to say."""

    def __init__(self, engine: sa.Engine, gateway: str) -> None:
        self._engine = engine
        self._gateway = gateway
        self._said: list[str] | None = None

    @property
    def alone(self) -> bool:
        """Whether the database is this gateway's only, as SQLite always is."""
        return self._engine.dialect.name == "sqlite"

    def run(self, reasons: Callable[[], list[str]]) -> None:
        """Say why this one does not work whenever that changes, as long as the process lives."""
        pause = threading.Event()
        while not self.alone and not pause.wait(SAY_SECONDS):
            try:
                self.say(reasons())
            except SQLAlchemyError as error:
                logger.warning("what keeps this gateway from working cannot be noted (%s)", type(error).__name__)
                self._said = None

    def say(self, reasons: list[str]) -> None:
        """Note why this gateway cannot work."""
        if reasons == self._said:
            return
        with self._engine.begin() as connection:
            row = sa.update(gateways).where(gateways.c.id == self._gateway)
            changed = connection.execute(row.values(reasons=json.dumps(reasons))).rowcount
        self._said = reasons if changed else None

    def show(self, *, times: bool = True) -> list[dict[str, Any]]:
        """Return the gateways by number, those that went not long ago too; without ``times``, nothing that passes."""
        if self.alone:
            return []
        running = sa.select(jobs.c.gateway, sa.func.count()).where(jobs.c.state == str(State.RUNNING))
        there = sa.and_(sa.not_(gateways.c.fenced), gateways.c.seen > NOW - THERE_SECONDS).label("there")
        shown = sa.select(gateways, there).where(gateways.c.seen > NOW - SHOWN_SECONDS).order_by(gateways.c.number)
        with self._engine.connect() as connection:
            counts = {one: int(count) for one, count in connection.execute(running.group_by(jobs.c.gateway))}
            rows = connection.execute(shown).mappings().all()
        return [_shown(row, counts.get(row["id"], 0), self._gateway, times=times) for row in rows]

    def warnings(self) -> list[str]:
        """Say which of the others do not work."""
        lost = [one for one in self.show() if not one["Healthy"] and one["Id"] != self._gateway]
        return [f"The gateway {one['Id']} on {one['Host']} does not work: {' '.join(one['Reasons'])}" for one in lost]


def _shown(row: sa.RowMapping, running: int, own: str, *, times: bool) -> dict[str, Any]:
    reasons = [str(one) for one in json.loads(row["reasons"] or "[]")] if row["there"] else []
    if not row["there"]:
        reasons = [f"Nothing was heard of it since {iso(row['seen'])}."]
    said = {
        "Id": row["id"],
        "Host": row["host"],
        "Version": row["version"],
        "This": row["id"] == own,
        "Leads": bool(row["leads"] and row["there"]),
        "Jobs": running,
        "Healthy": not reasons,
        "Reasons": reasons,
    }
    return said | ({"Seen": iso(row["seen"])} if times else {})
