"""The service's database: transfers, their receipts, and the heads of the sites; how its tables came to be."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from model.storage.sqlite import Schema

_BUSY_SECONDS = 30.0

SCHEMA = Schema(
    "StateDirectory",
    "the ledger",
    (
        (
            """CREATE TABLE IF NOT EXISTS transfer (
                site TEXT NOT NULL, id TEXT NOT NULL, folder TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
                model TEXT NOT NULL, manifest TEXT NOT NULL, count INTEGER NOT NULL, created REAL NOT NULL, ended REAL,
                code TEXT, message TEXT, findings TEXT NOT NULL DEFAULT '{}', PRIMARY KEY (site, id)
            ) STRICT""",
            """CREATE TABLE IF NOT EXISTS receipt (
                site TEXT NOT NULL, id TEXT NOT NULL, step TEXT NOT NULL, content TEXT NOT NULL,
                PRIMARY KEY (site, id, step)
            ) STRICT""",
            """CREATE TABLE IF NOT EXISTS site_head (
                number INTEGER PRIMARY KEY AUTOINCREMENT, site TEXT NOT NULL, key TEXT NOT NULL,
                sequence INTEGER NOT NULL, anchor TEXT NOT NULL, received REAL NOT NULL, refused TEXT,
                head TEXT NOT NULL, answer TEXT, UNIQUE (site, anchor)
            ) STRICT""",
            # The triggers make the table append-only for every program that opens the file.
            """CREATE TRIGGER IF NOT EXISTS site_head_is_not_changed BEFORE UPDATE ON site_head
            BEGIN SELECT RAISE(ABORT, 'heads are kept as they came'); END""",
            """CREATE TRIGGER IF NOT EXISTS site_head_is_not_deleted BEFORE DELETE ON site_head
            BEGIN SELECT RAISE(ABORT, 'heads are kept for good'); END""",
        ),
    ),
)


def open_database(path: Path) -> sqlite3.Connection:
    """Open or make the file and bring its tables up to date; the connection commits each statement by itself.

    Raises ConfigurationRefused when a newer release made the file, sqlite3.Error.
    """
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=_BUSY_SECONDS)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        SCHEMA.bring_up_to_date(database)
    except BaseException:
        database.close()
        raise
    return database
