"""The tables of a state directory as a test wants them: an SQLite file in it, or a database on a real PostgreSQL."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from plugin.state.database import open_database
from plugin.state.postgresql import address_of
from tests.builders.postgresql_databases import new_database, shared_postgres

# Which of the two a test is run for; the fixture ``either_database`` sets it.
ENGINE = "AUTOCONTOUR_TEST_TABLES"
SQLITE, POSTGRESQL = "sqlite", "postgresql"
_PREFIX = "either_"


def tables_in(folder: Path) -> sa.Engine:
    """Open the tables of a folder, made the first time it is named."""
    if os.environ.get(ENGINE, SQLITE) == SQLITE:
        return open_database(f"sqlite:///{folder / 'jobs.sqlite'}")
    server, name = shared_postgres(), _PREFIX + hashlib.sha256(str(folder).encode()).hexdigest()[:20]
    if not server.ask(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        server.ask(f'CREATE DATABASE "{name}" TEMPLATE "{_template()}"')
    return open_database(address_of(server.url(name)))


def drop_tables() -> None:
    """Drop the databases of one test, with every connection to them."""
    server = shared_postgres()
    for (name,) in server.ask(f"SELECT datname FROM pg_database WHERE datname LIKE '{_PREFIX}%'"):
        server.ask(f'DROP DATABASE "{name}" WITH (FORCE)')


@cache
def _template() -> str:
    """A database whose tables are up to date: to copy it takes less time than to make them again."""
    address = new_database()
    open_database(address).dispose()
    return address.rpartition("/")[2]
