"""Takes deleted rows out of the files of a database: SQLite's log of writes, PostgreSQL's tables and their indexes."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import sqlalchemy as sa

logger = logging.getLogger(__name__)

# How long a table of PostgreSQL is waited for, and everybody who asks for it behind this.
LOCK_SECONDS = 10
# SQLite's log cannot be emptied while somebody reads in it; each try waits for them (busy_timeout).
TRIES = 5
LOOK_SECONDS = 0.05


def purge(engine: sa.Engine, tables: Sequence[str]) -> bool:
    """Take what was deleted from these tables out of the files too; returns whether that was possible now.

    SQLite overwrites what is deleted, and its log of writes is emptied. PostgreSQL keeps deleted rows until their place
    is needed, so each table is written anew; its own log of writes (WAL), replicas and backups are not reached.
    """
    return _empty_log(engine) if engine.dialect.name == "sqlite" else _write_anew(engine, tables)


def _empty_log(engine: sa.Engine) -> bool:
    for _ in range(TRIES):
        with engine.connect() as connection:
            row = connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)")).first()
        if row is None or row[0] == 0:
            return True
    logger.warning("the log of writes of the tables could not be emptied, as it is being read; a later write does it")
    return False


def _write_anew(engine: sa.Engine, tables: Sequence[str]) -> bool:
    quoted = engine.dialect.identifier_preparer.quote
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        done = _outlive_earlier(connection)
        connection.execute(sa.text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))
        try:
            for table in tables:
                try:
                    connection.execute(sa.text(f"VACUUM (FULL) {quoted(table)}"))
                except sa.exc.OperationalError:
                    done = False
                    logger.warning("the table %s is in use and was not written anew; VACUUM FULL does it", table)
        finally:
            connection.execute(sa.text("SET lock_timeout = DEFAULT"))
    return done


def _outlive_earlier(connection: sa.Connection) -> bool:
    """Wait for transactions that began before now: what they may still see, a table that is written anew keeps."""
    began = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    earlier = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND xact_start < :began AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)"
    )
    deadline = time.monotonic() + LOCK_SECONDS
    while connection.execute(earlier, {"began": began}).scalar_one():
        if time.monotonic() >= deadline:
            logger.warning("transactions of before an erasure go on, and keep deleted rows; VACUUM FULL takes them out")
            return False
        time.sleep(LOOK_SECONDS)
    return True
