"""The vault and the secrets of gateways that share a database: tables there, and their key in a file of each gateway.

The database decides what time it is. PostgreSQL leaves the bytes of a deleted row where they are, also after a vacuum:
the table of keys, which holds those of open transfers alone, is written anew after keys were destroyed. What is left
then (its log of writes, a backup) is ciphertext, and the key of it was never there.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from model.errors import ConfigurationRefused
from plugin.privacy.pseudonyms import TransferKey
from plugin.state.database import group_secrets, transfer_keys, transfers
from plugin.state.postgresql import trouble_of
from plugin.vault.keyfile import key_encryption_key
from plugin.vault.sealing import PROBE, PROBE_NAME, Seal
from plugin.vault.vault import DESTROYED, OPEN, OpenTransfer, Row, TransferRecord, opened, require_source

logger = logging.getLogger(__name__)

# Between two times that the table of keys is written anew.
CLEARING_SECONDS = 60.0
OTHER_KEY = (
    "give every gateway that has this database the same file (or take a new database, or delete the rows of its tables "
    "transfers, transfer_keys and group_secrets; open transfers are then lost)"
)


def open_seal(engine: sa.Engine, key_file: Path) -> Seal:
    """Return what seals in this database; made with the first gateway's key, which all others must have.

    Raises ConfigurationRefused when the key file is not usable, missing although the database has a key, or another.
    """
    its = sa.select(group_secrets.c.sealed).where(group_secrets.c.name == PROBE_NAME)
    with _asking(engine) as connection:
        made = connection.execute(its).scalar()
        if made is not None and not key_file.exists():
            raise ConfigurationRefused(
                "Privacy.VaultKeyFile", "the file is missing; copy it from another gateway of this database"
            )
        seal = Seal(key_encryption_key(key_file))
        if made is None:
            values = {"name": PROBE_NAME, "sealed": seal.close(PROBE, PROBE_NAME)}
            connection.execute(insert(group_secrets).values(values).on_conflict_do_nothing())
            made = connection.execute(its).scalar_one()
    seal.require_same(bytes(made), OTHER_KEY)
    return seal


class DatabaseVault:
    """The table ``transfers``; safe for several threads and several gateways."""

    def __init__(self, engine: sa.Engine, seal: Seal) -> None:
        self._engine = engine
        self._seal = seal
        # At its start a gateway does not know what it destroyed before.
        self._left_behind = True
        self._next_clearing = 0.0

    def open_transfer(self, transfer: str, source: str, hours: float = 24) -> TransferKey:
        """Make a key for ``transfer``, or give the one it has: a retried step gets the same pseudonyms.

        ``source`` is Orthanc's identifier of the series. Raises PrivacyRefused when the transfer was destroyed or
        belongs to another source.
        """
        key = TransferKey.new(transfer)
        with _asking(self._engine) as connection:
            now = _now(connection)
            expires = now + timedelta(hours=hours)
            values = {
                "id": transfer,
                "state": OPEN,
                "created": now.timestamp(),
                "expires": expires.timestamp(),
            }
            noted = insert(transfers).values(values).on_conflict_do_nothing().returning(transfers.c.id)
            if connection.execute(noted).first() is not None:
                sealed = self._seal.close_key(key, source, _time(expires.timestamp()))
                connection.execute(sa.insert(transfer_keys).values(id=transfer, sealed=sealed))
                return key
            row = _row(connection, transfer)
        return require_source(opened(row, self._seal, now), source)

    def get(self, transfer: str) -> OpenTransfer:
        """Return the key of an open transfer; raises PrivacyRefused when it is unknown, destroyed or past its limit."""
        with _asking(self._engine) as connection:
            return opened(_row(connection, transfer), self._seal, _now(connection))

    def destroy(self, transfer: str) -> bool:
        """Destroy the key of a transfer, which nothing brings back; returns whether it was open until now."""
        return bool(self._destroy(lambda _: transfers.c.id == transfer))

    def sweep(self, now: datetime | None = None) -> tuple[str, ...]:
        """Destroy every key past its limit, by the database's time; returns the transfers concerned.

        ``now`` is taken for the time instead where it is given. What PostgreSQL still keeps of keys that this gateway
        has destroyed is cleared away.
        """
        swept = self._destroy(lambda at: transfers.c.expires <= (now or at).timestamp())
        self._clear_away()
        return swept

    def record(self, transfer: str) -> TransferRecord | None:
        """Return what is known about a transfer without its key; None for one that never was."""
        return next(iter(self._records(transfers.c.id == transfer)), None)

    def open_transfers(self) -> tuple[TransferRecord, ...]:
        """List every transfer whose key exists, oldest first."""
        return self._records(transfers.c.state == OPEN)

    def _records(self, which: sa.ColumnElement[bool]) -> tuple[TransferRecord, ...]:
        query = sa.select(transfers).where(which).order_by(transfers.c.created, transfers.c.id)
        with _asking(self._engine) as connection:
            return tuple(
                TransferRecord(
                    row["id"],
                    row["state"],
                    _time(row["created"]),
                    _time(row["expires"]),
                    None if row["destroyed"] is None else _time(row["destroyed"]),
                )
                for row in connection.execute(query).mappings()
            )

    def _destroy(self, which: Callable[[datetime], sa.ColumnElement[bool]]) -> tuple[str, ...]:
        with _asking(self._engine) as connection:
            now = _now(connection)
            query = (
                sa.update(transfers)
                .where(transfers.c.state == OPEN, which(now))
                .values(state=DESTROYED, destroyed=now.timestamp())
                .returning(transfers.c.id)
            )
            gone = tuple(str(one) for one in connection.execute(query).scalars())
            if gone:
                connection.execute(sa.delete(transfer_keys).where(transfer_keys.c.id.in_(gone)))
                self._left_behind = True
        return gone

    def _clear_away(self) -> None:
        """Write the table of keys anew, without those that were destroyed; it holds a row for each open transfer."""
        if not self._left_behind or time.monotonic() < self._next_clearing:
            return
        self._left_behind, self._next_clearing = False, time.monotonic() + CLEARING_SECONDS
        try:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("VACUUM FULL transfer_keys"))
        except sa.exc.SQLAlchemyError as error:
            self._left_behind = True
            logger.warning("the table of keys could not be written anew (%s); tried again", type(error).__name__)


class GroupSecrets:
    """Secrets that every gateway of a database has: made once, kept there sealed."""

    def __init__(self, engine: sa.Engine, seal: Seal) -> None:
        self._engine = engine
        self._seal = seal

    def secret(self, name: str, size: int = 32) -> bytes:
        """Return a secret, and make it where nobody has; raises ConfigurationRefused when it was changed."""
        bound = f"secret {name}"
        made = {"name": name, "sealed": self._seal.close(secrets.token_bytes(size), bound)}
        with _asking(self._engine) as connection:
            connection.execute(insert(group_secrets).values(made).on_conflict_do_nothing())
            query = sa.select(group_secrets.c.sealed).where(group_secrets.c.name == name)
            found = self._seal.open(bytes(connection.execute(query).scalar_one()), bound)
        if found is None:
            raise ConfigurationRefused(
                "Database", f"the row {name} of its table group_secrets was changed; restore it from a backup"
            )
        return found


@contextmanager
def _asking(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Hold one transaction; what PostgreSQL cannot do for now is a sentence."""
    try:
        with engine.begin() as connection:
            yield connection
    except sa.exc.SQLAlchemyError as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        raise trouble from None


def _now(connection: sa.Connection) -> datetime:
    found: datetime = connection.execute(sa.select(sa.func.now())).scalar_one()
    return found.astimezone(UTC)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _row(connection: sa.Connection, transfer: str) -> Row | None:
    both = transfers.outerjoin(transfer_keys, transfers.c.id == transfer_keys.c.id)
    columns = (transfers.c.state, transfers.c.expires, transfer_keys.c.sealed)
    query = sa.select(*columns).select_from(both).where(transfers.c.id == transfer)
    found = connection.execute(query).first()
    if found is None:
        return None
    return Row(transfer, found.state, _time(found.expires), None if found.sealed is None else bytes(found.sealed))
