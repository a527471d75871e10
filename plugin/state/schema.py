"""The number of the gateway's tables: older ones are brought up to date, newer ones are refused with a sentence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from model.errors import ConfigurationRefused
from plugin.state.postgresql import BUSY, DatabaseTrouble

# Of the lock that whoever changes the tables holds; the number is any that nobody else takes.
LOCK = 0x4175_746F_436F_6E74
WAIT_SECONDS, POLL_SECONDS = 120.0, 0.2


def migrate(engine: sa.Engine) -> None:
    """Bring the tables to the newest number, in one transaction for each number.

    Raises ConfigurationRefused when a newer release wrote them: what it changed is not known here.
    """
    config = _config()
    with engine.connect() as connection, _alone(connection):
        config.attributes["connection"] = connection
        _require_known(config, _number(connection))
        command.upgrade(config, "head")
        connection.commit()


@contextmanager
def _alone(connection: sa.Connection) -> Iterator[None]:
    """Let no other gateway of the database change its tables meanwhile; SQLite's file is held by one gateway anyway."""
    if connection.dialect.name != "postgresql":
        yield
        return
    deadline = time.monotonic() + WAIT_SECONDS
    while not connection.execute(sa.select(sa.func.pg_try_advisory_lock(LOCK))).scalar():
        connection.rollback()
        if time.monotonic() > deadline:
            raise DatabaseTrouble(
                BUSY, "Another gateway changes the tables of AutoContour.Database; this one begins when it has ended."
            )
        time.sleep(POLL_SECONDS)
    # A change of a large table takes as long as it takes.
    connection.execute(sa.text("SET statement_timeout = 0"))
    connection.commit()
    try:
        yield
    finally:
        # Closed instead of given back: with it the lock goes, whatever became of the change.
        connection.invalidate()


def _number(connection: sa.Connection) -> str | None:
    number = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()  # looking began a transaction
    return number


def _require_known(config: Config, number: str | None) -> None:
    if number is None:
        return
    scripts = ScriptDirectory.from_config(config)
    try:
        scripts.get_revision(number)
    except CommandError:
        raise ConfigurationRefused(
            "AutoContour.StateDirectory",
            f"its tables have the number {number}, and this release knows them up to {scripts.get_current_head()}: a "
            "newer release wrote them. Install that release again, or restore a backup from before the upgrade.",
        ) from None


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
