"""SQLite files that know which release wrote them: tables come to be by numbered changes, newer ones are refused."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from model.errors import ConfigurationRefused

_BUSY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one kind of file, and how they came to be.

    Attributes:
        setting: The key of the configuration under which the file lies, for the sentence that refuses it.
        name: What the file is called in that sentence: "the vault".
        changes: The statements of each change, from the first release on; a file that has the first n of them has
            the number n (``PRAGMA user_version``). What is once released is never changed, only added to. The first
            release wrote no number, so the first change leaves tables as they are that are there.
    """

    setting: str
    name: str
    changes: Sequence[Sequence[str]]

    def bring_up_to_date(self, database: sqlite3.Connection) -> None:
        """Make the changes that a file lacks, each in a transaction of its own with its number.

        ``database`` is in autocommit mode (``isolation_level=None``). Raises ConfigurationRefused when a newer release
        wrote the file, which is left as it is; sqlite3.Error.
        """
        found, known = _number(database), len(self.changes)
        if found > known:
            raise newer_than_known(self.setting, self.name, found, known)
        for number, change in enumerate(self.changes, start=1):
            if _number(database) >= number:
                continue
            database.execute("BEGIN IMMEDIATE")
            try:
                if _number(database) < number:  # not made by another process meanwhile
                    for statement in change:
                        database.execute(statement)
                    database.execute(f"PRAGMA user_version = {number}")
            except BaseException:
                database.rollback()
                raise
            database.commit()


def newer_than_known(setting: str, name: str, found: int, known: int) -> ConfigurationRefused:
    """Make the refusal of what a newer release wrote: what it is, which number it has, which are known, the way out."""
    return ConfigurationRefused(
        setting,
        f"{name} has the number {found}, and this release knows it up to {known}: a newer release wrote it. Install "
        "that release again, or restore a backup from before the upgrade.",
    )


def checkpoint(path: Path, seconds: float = 0.0) -> sqlite3.Connection | None:
    """Move what the write-ahead log of a file holds into the file, and empty the log; for an orderly stop.

    What another connection writes meanwhile is moved too, as long as that takes less than ``seconds``. Returns a
    connection that lets nobody write until it is closed, or the process has ended. None where nothing can be done: all
    is in the log then, and the next start reads it from there. A file that does not exist is not made.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            held = _emptied(path)
        except sqlite3.Error as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                return None
            held = None
        if held is not None or time.monotonic() >= deadline:
            return held


def sqlite_url(path: Path) -> str:
    """Return the address of a file as SQLAlchemy reads it, whatever stands in its name: ``%``, ``?``."""
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def _emptied(path: Path) -> sqlite3.Connection | None:
    address = f"{path.absolute().as_uri()}?mode=rw"
    database = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    log = path.with_name(path.name + "-wal")
    try:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("BEGIN IMMEDIATE")
        if not log.exists() or log.stat().st_size == 0:
            return database
    except BaseException:
        database.close()
        raise
    database.close()  # somebody wrote in between
    return None


def _number(database: sqlite3.Connection) -> int:
    (number,) = database.execute("PRAGMA user_version").fetchone()
    return int(number)
