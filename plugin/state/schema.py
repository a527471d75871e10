"""The number of the gateway's tables: older ones are brought up to date, newer ones are refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from model.errors import ConfigurationRefused


def migrate(engine: sa.Engine) -> None:
    """Bring the tables to the newest number, in one transaction for each number.

    Raises ConfigurationRefused when a newer release wrote them: what it changed is not known here.
    """
    config = _config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        _require_known(config, _number(connection))
        command.upgrade(config, "head")
        connection.commit()


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
