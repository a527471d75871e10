"""The queue of transfers to draw, on the durable-job engine: so many at once as there are workers.

It holds the random name of a folder and how it ended. After a crash the folders are gone, and what is still queued
finds that and ends. Services that share a PostgreSQL each have a queue of their own: a transfer is drawn where its
images lie, and nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dbos import DBOS, DBOSConfig, SetWorkflowID

VERSION = "1"
POLLING_SECONDS = 0.05
# How long what has ended stays in the database, which says nothing that the ledger does not.
KEEP_HOURS = 24
ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]

logger = logging.getLogger(__name__)


class TransferQueue:
    """Starts the engine; made once per process. ``name`` is this service's own among those of one database."""

    def __init__(self, process: Callable[[str], str], database_url: str, concurrency: int, name: str) -> None:
        self._queue = f"transfers-{name}"
        config: DBOSConfig = {
            "name": "autocontour-service",
            "system_database_url": database_url,
            "application_version": VERSION,
            "executor_id": name,
            "log_level": "WARNING",
            "enable_otlp": False,
        }
        DBOS(config=config)

        def draw(folder: str) -> str:
            return str(DBOS.run_step({"name": "draw"}, process, folder))

        self._draw = DBOS.workflow(name="draw")(draw)
        DBOS.listen_queues([self._queue])
        engine = logging.getLogger("dbos")
        engine.disabled = True  # a database that is not there is our sentence, not its traceback
        try:
            DBOS.launch()
        finally:
            engine.disabled = False
        DBOS.register_queue(self._queue, worker_concurrency=concurrency, polling_interval_sec=POLLING_SECONDS)
        self.forget()

    def put(self, folder: str) -> None:
        """Queue a transfer by the name of its folder; waits while the database is away."""
        with SetWorkflowID(folder):
            DBOS.enqueue_workflow(self._queue, self._draw, folder)

    def forget(self) -> None:
        """Remove from the database what ended some time ago."""
        before = (datetime.now(UTC) - timedelta(hours=KEEP_HOURS)).isoformat()
        over = DBOS.list_workflows(
            queue_name=self._queue, status=ENDED, completed_before=before, load_input=False, load_output=False
        )
        if over:
            DBOS.delete_workflows([one.workflow_id for one in over])

    def stop(self) -> None:
        """Stop taking work."""
        DBOS.destroy()
