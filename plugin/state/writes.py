"""How often something was written to the database, so that whoever waits for a change is woken by the next one.

What another gateway writes to a shared database is not seen here: who waits must look now and then, too.
"""

from __future__ import annotations

import threading
from typing import Any

import sqlalchemy as sa

_WRITTEN = "something was written"


class Writes:
    """Counts the transactions of one engine that were committed; shared by all who wait."""

    def __init__(self, engine: sa.Engine) -> None:
        self._news = threading.Condition()
        self._count = 0
        sa.event.listen(engine, "commit", _mark)
        sa.event.listen(engine, "checkin", self._returned)  # codespell:ignore checkin

    @property
    def count(self) -> int:
        """How many there were."""
        return self._count

    def wait_beyond(self, count: int, seconds: float) -> None:
        """Wait until there were more than ``count``, or for so long."""
        with self._news:
            self._news.wait_for(lambda: self._count > count, seconds)

    def _returned(self, _connection: Any, record: Any) -> None:
        # The commit itself is told before it happens: only what a connection that came back has done can be read.
        if record is not None and record.info.pop(_WRITTEN, False):
            with self._news:
                self._count += 1
                self._news.notify_all()


def _mark(connection: sa.Connection) -> None:
    connection.info[_WRITTEN] = True
