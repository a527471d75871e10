"""The queue of transfers to draw, on the durable-job engine: so many at once as there are workers.

It holds the random name of a folder and how it ended. After a crash the folders are gone, and what is still queued
finds that and ends. Services that share a PostgreSQL each have a queue of their own: a transfer is drawn where its
images lie, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dbos import DBOS, SetWorkflowID

from model.process.durable import forget_ended, launch_engine, set_up_engine, stop_engine

VERSION = "1"
POLLING_SECONDS = 0.05
# How long what has ended stays in the database, which says nothing that the ledger does not.
KEEP_HOURS = 24


class TransferQueue:
    """Starts the engine; made once per process. ``name`` is this service's own among those of one database."""

    def __init__(self, process: Callable[[str], str], database_url: str, concurrency: int, name: str) -> None:
        self._queue = f"transfers-{name}"
        set_up_engine("autocontour-service", database_url, version=VERSION, executor=name)

        def draw(folder: str) -> str:
            return str(DBOS.run_step({"name": "draw"}, process, folder))

        self._draw = DBOS.workflow(name="draw")(draw)
        DBOS.listen_queues([self._queue])
        launch_engine()
        DBOS.register_queue(self._queue, worker_concurrency=concurrency, polling_interval_sec=POLLING_SECONDS)
        self.forget()

    def put(self, folder: str) -> None:
        """Queue a transfer by the name of its folder; waits while the database is away."""
        with SetWorkflowID(folder):
            DBOS.enqueue_workflow(self._queue, self._draw, folder)

    def forget(self) -> None:
        """Remove from the database what ended some time ago."""
        forget_ended(datetime.now(UTC) - timedelta(hours=KEEP_HOURS), self._queue)

    def stop(self) -> None:
        """Stop taking work."""
        stop_engine()
