"""The durable-job engine (DBOS) of one process: how it is set up, and how what it keeps of ended work is forgotten.

Gateway and service each have one. What it writes of an attempt that ended lies in its database until ``forget_ended``.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig

_ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
# So many are asked for and deleted at once: years of them do not fit one statement.
_BATCH = 500


def set_up_engine(name: str, database: str | sa.Engine, *, version: str, executor: str) -> None:
    """Set up the engine of this process; workflows are declared between this and ``launch_engine``.

    Args:
        name: The application, the same for all processes that share a database.
        database: SQLAlchemy's address of the database where the engine keeps its tables, or how it is connected to.
        version: Of the workflows' steps; what is open goes on only under the version that it began with.
        executor: This process among those of one database; what it had begun is resumed by it alone.
    """
    config: DBOSConfig = {
        "name": name,
        "application_version": version,
        "executor_id": executor,
        "log_level": "WARNING",
        "enable_otlp": False,
    }
    if isinstance(database, str):
        config["system_database_url"] = database
    else:
        config["system_database_engine"] = database
    DBOS(config=config)


def launch_engine() -> None:
    """Bring the engine's tables up to date and resume what was open; raises SQLAlchemyError without a database."""
    engine = logging.getLogger("dbos")
    engine.addFilter(_says_more_than_that_the_database_is_away)
    engine.disabled = True  # a database that is not there is our sentence, not its traceback
    try:
        DBOS.launch()
    finally:
        engine.disabled = False


def _says_more_than_that_the_database_is_away(record: logging.LogRecord) -> bool:
    """Keep out what the engine says several times a second while nobody answers it, with the names of host and user."""
    return "OperationalError" not in (said := record.getMessage()) and "connection failed" not in said


def forget_ended(before: datetime, queue: str | None = None) -> int:
    """Delete what is stored of workflows that ended before a time, of one queue or of all; returns how many went."""
    gone = 0
    while ended := DBOS.list_workflows(
        status=list(_ENDED),
        completed_before=before.astimezone(UTC).isoformat(),
        queue_name=queue,
        limit=_BATCH,
        load_input=False,
        load_output=False,
    ):
        DBOS.delete_workflows([workflow.workflow_id for workflow in ended])
        gone += len(ended)
    return gone


def stop_engine() -> None:
    """Stop taking work; what runs is resumed at the next start."""
    DBOS.destroy()
