"""The one connection that a member of a group holds: its heartbeat goes over it, and its advisory locks hang on it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

# Names our advisory locks among those of others: the first of their two numbers ("Auto" in ASCII).
LOCKS = 0x4175746F
# The second: the leader's, and each gateway's own number from 1 on; then those that are held for a moment only.
LEADER = 0
JOINING, CLAIMING = 1_000_001, 1_000_002
SECONDS = 5


def connections_of(gateway: str) -> str:
    """Return the name that the connections of a gateway have, beside the one of its Session."""
    return f"autocontour-{gateway}"


class Session:
    """Opens the connection when it is needed, and again after it was lost."""

    def __init__(self, engine: sa.Engine) -> None:
        """Connect as ``engine`` does, beside its pool; no statement takes longer than some seconds."""
        limits = f"-c statement_timeout={1000 * SECONDS} -c lock_timeout={1000 * SECONDS}"
        own = engine.url.query.get("options", "")  # of the site, which go before ours
        limits = " ".join((limits, own if isinstance(own, str) else " ".join(own))).strip()
        self._engine = sa.create_engine(
            engine.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={
                "connect_timeout": SECONDS,
                "options": limits,
                "application_name": "autocontour-member",
                "tcp_user_timeout": 1000 * SECONDS,
                "keepalives_idle": SECONDS,
                "keepalives_interval": SECONDS,
                "keepalives_count": 2,
            },
        )
        self._connection: sa.Connection | None = None

    def run(self, statement: str, **values: Any) -> list[Any]:
        """Run a statement, in its own transaction, and return its rows; what fails closes the connection."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            found = self._connection.execute(sa.text(statement), values)
            return list(found.all()) if found.returns_rows else [None] * found.rowcount
        except BaseException:
            self.close()
            raise

    @property
    def connected(self) -> bool:
        """Whether the connection, and with it every lock, is there as far as is known."""
        return self._connection is not None

    def lock(self, which: int) -> bool:
        """Take one of our locks for as long as the connection lives, unless somebody else has it."""
        return bool(self.run("SELECT pg_try_advisory_lock(:locks, :which)", locks=LOCKS, which=which)[0][0])

    def unlock(self, which: int) -> None:
        """Give one of our locks back."""
        self.run("SELECT pg_advisory_unlock(:locks, :which)", locks=LOCKS, which=which)

    def holders(self) -> dict[int, int]:
        """Return who holds our locks: the number of the backend, by that of the lock."""
        rows = self.run(
            "SELECT objid::bigint, pid FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND classid::bigint = :locks AND objsubid = 2 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            locks=LOCKS,
        )
        return {int(which): int(backend) for which, backend in rows}

    def terminate(self, backend: int) -> None:
        """End a connection of somebody who is not there any more."""
        self.run("SELECT pg_terminate_backend(:backend)", backend=backend)

    def terminate_all(self, name: str) -> None:
        """End every connection of this name.

        What one of them had begun holds its locks, and behind a cut cable nobody ends it.
        """
        self.run(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name = :name AND usename = current_user",
            name=name,
        )

    def close(self) -> None:
        """Give the connection up, and every lock with it."""
        lost, self._connection = self._connection, None
        if lost is not None:
            try:
                lost.invalidate()
                lost.close()
            except Exception:  # noqa: BLE001 - a connection that is lost may say anything
                return
