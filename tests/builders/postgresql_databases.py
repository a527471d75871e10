"""One PostgreSQL for all tests of a process, and an empty database in it for each who asks."""

from __future__ import annotations

import atexit
import secrets
from functools import cache

import psycopg

from tests.builders.postgresql import PostgresProcess


@cache
def shared_postgres() -> PostgresProcess:
    """The server; it goes with the process."""
    started = PostgresProcess().start()
    atexit.register(started.remove)
    return started


def new_database() -> str:
    """The address, as SQLAlchemy writes it, of a database that nobody else has."""
    server, name = shared_postgres(), f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.url(name).replace("postgresql://", "postgresql+psycopg://")
