"""The queue of transfers to draw, on the durable-job engine: so many at once as there are workers.

It holds the random name of a folder and how it ended. After a crash the folders are gone, and what is still queued
finds that and ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from dbos import DBOS, DBOSConfig, SetWorkflowID

QUEUE = "transfers"
VERSION = "1"
POLLING_SECONDS = 0.05

logger = logging.getLogger(__name__)


class TransferQueue:
    """Starts the engine; made once per process."""

    def __init__(self, process: Callable[[str], str], database_url: str, concurrency: int) -> None:
        config: DBOSConfig = {
            "name": "autocontour-service",
            "system_database_url": database_url,
            "application_version": VERSION,
            "executor_id": "service",
            "log_level": "WARNING",
            "enable_otlp": False,
        }
        DBOS(config=config)

        def draw(folder: str) -> str:
            return str(DBOS.run_step({"name": "draw"}, process, folder))

        self._draw = DBOS.workflow(name="draw")(draw)
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=concurrency, polling_interval_sec=POLLING_SECONDS)

    def put(self, folder: str) -> None:
        """Queue a transfer by the name of its folder."""
        with SetWorkflowID(folder):
            DBOS.enqueue_workflow(QUEUE, self._draw, folder)

    def stop(self) -> None:
        """Stop taking work."""
        DBOS.destroy()
