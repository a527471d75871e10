"""The vault of a gateway that is alone: an SQLite file in its state directory, and the key in another file.

SQLite overwrites what is deleted. What a disk or a backup keeps of an older state is ciphertext; erasure of the medium
itself is not claimed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from model.errors import AutocontourError
from model.storage.sqlite import Schema
from plugin.privacy.pseudonyms import TransferKey
from plugin.vault.keyfile import key_encryption_key, key_file_of
from plugin.vault.sealing import PROBE, PROBE_NAME, Seal
from plugin.vault.vault import OpenTransfer, Row, TransferRecord, opened, require_source

VAULT_NAME = "vault.sqlite"
OTHER_KEY = "give that key file back, or move the vault away to begin anew (open transfers are then lost)"
_SCHEMA = Schema(
    "AutoContour.StateDirectory",
    "the vault",
    (
        (
            """CREATE TABLE IF NOT EXISTS transfer (
                id TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('open', 'destroyed')),
                created TEXT NOT NULL, expires TEXT NOT NULL, destroyed TEXT, sealed BLOB
            ) STRICT""",
            """CREATE TABLE IF NOT EXISTS probe (
                one INTEGER PRIMARY KEY CHECK (one = 1), sealed BLOB NOT NULL
            ) STRICT""",
        ),
    ),
)


class FileVault:
    """The vault in one directory; every call opens the database for itself, so any thread may call."""

    def __init__(self, directory: Path, key_file: str | None = None) -> None:
        """Open or make the vault; ``key_file`` is a path or ``credential:NAME``, by default ``vault.key`` beside it.

        Raises ConfigurationRefused when the key file is not usable or not the one the vault was made with, or when a
        newer release made the vault.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = directory / VAULT_NAME
        self._seal = Seal(key_encryption_key(key_file_of(key_file, directory)))
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        self._path.chmod(0o600)
        with self._connection() as database:
            _SCHEMA.bring_up_to_date(database)
        with self._write() as database:
            database.execute("INSERT OR IGNORE INTO probe VALUES (1, ?)", (self._seal.close(PROBE, PROBE_NAME),))
            (sealed,) = database.execute("SELECT sealed FROM probe").fetchone()
        self._seal.require_same(sealed, OTHER_KEY)

    def open_transfer(self, transfer: str, source: str, hours: float = 24) -> TransferKey:
        """Make a key for ``transfer``, or give the one it has: a retried step gets the same pseudonyms.

        ``source`` is Orthanc's identifier of the series. Raises PrivacyRefused when the transfer was destroyed or
        belongs to another source.
        """
        now = datetime.now(UTC)
        with self._write() as database:
            row = database.execute("SELECT state, expires, sealed FROM transfer WHERE id = ?", (transfer,)).fetchone()
            if row is None:
                key = TransferKey.new(transfer)
                expires = now + timedelta(hours=hours)
                sealed = self._seal.close_key(key, source, expires)
                database.execute(
                    "INSERT INTO transfer VALUES (?, 'open', ?, ?, NULL, ?)",
                    (transfer, now.isoformat(), expires.isoformat(), sealed),
                )
                return key
        return require_source(self._opened(transfer, row, now), source)

    def get(self, transfer: str) -> OpenTransfer:
        """Return the key of an open transfer; raises PrivacyRefused when it is unknown, destroyed or past its limit."""
        with self._read() as database:
            row = database.execute("SELECT state, expires, sealed FROM transfer WHERE id = ?", (transfer,)).fetchone()
        return self._opened(transfer, row, datetime.now(UTC))

    def destroy(self, transfer: str) -> bool:
        """Destroy the key of a transfer, which nothing brings back; returns whether it was open until now."""
        return bool(self._destroy("id = ?", (transfer,)))

    def sweep(self, now: datetime | None = None) -> tuple[str, ...]:
        """Destroy every key past its limit; returns the transfers concerned."""
        limit = (now or datetime.now(UTC)).astimezone(UTC).isoformat()
        return self._destroy("expires <= ?", (limit,))

    def record(self, transfer: str) -> TransferRecord | None:
        """Return what is known about a transfer without its key; None for one that never was."""
        return next(iter(self._records("id = ?", (transfer,))), None)

    def open_transfers(self) -> tuple[TransferRecord, ...]:
        """List every transfer whose key exists, oldest first."""
        return self._records("state = 'open'", ())

    def _records(self, where: str, values: tuple[str, ...]) -> tuple[TransferRecord, ...]:
        query = f"SELECT id, state, created, expires, destroyed FROM transfer WHERE {where} ORDER BY created"
        with self._read() as database:
            rows = database.execute(query, values).fetchall()
        return tuple(
            TransferRecord(
                transfer, state, datetime.fromisoformat(created), datetime.fromisoformat(expires),
                datetime.fromisoformat(destroyed) if destroyed else None,
            )
            for transfer, state, created, expires, destroyed in rows
        )  # fmt: skip

    def _destroy(self, where: str, values: tuple[str, ...]) -> tuple[str, ...]:
        with self._write() as database:
            chosen = f"SELECT id FROM transfer WHERE state = 'open' AND {where}"
            transfers = tuple(str(row[0]) for row in database.execute(chosen, values))
            for transfer in transfers:
                # First as many zeros in the same place, then nothing: the page never holds the old bytes again.
                database.execute("UPDATE transfer SET sealed = zeroblob(length(sealed)) WHERE id = ?", (transfer,))
                database.execute(
                    "UPDATE transfer SET state = 'destroyed', destroyed = ?, sealed = NULL WHERE id = ?",
                    (datetime.now(UTC).isoformat(), transfer),
                )
        return transfers

    def _opened(self, transfer: str, row: tuple[str, str, bytes | None] | None, now: datetime) -> OpenTransfer:
        if row is None:
            return opened(None, self._seal, now)
        state, expires, sealed = row
        return opened(Row(transfer, state, datetime.fromisoformat(expires), sealed), self._seal, now)

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.rollback()
                raise
            database.commit()

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as database:
            yield database

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as database:
                # A rollback journal is deleted at each commit; a write-ahead log would keep old pages lying about.
                database.execute("PRAGMA journal_mode = DELETE")
                database.execute("PRAGMA synchronous = FULL")
                database.execute("PRAGMA secure_delete = ON")
                yield database
        except sqlite3.Error as error:
            reason = getattr(error, "sqlite_errorname", type(error).__name__)
            raise AutocontourError(
                "VAULT", f"The vault cannot be used ({reason}); check the disk and the state directory.", retry=True
            ) from None
