"""A full disk of the state directory: found before it is met, and told from other trouble when it is met."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from model.errors import AutocontourError

# With less than this nothing can be noted any more: what SQLite and the chain write at one job's end.
FULL_BYTES = 4 * 1024 * 1024
# Left free beside a series: the job database and the chain must be able to say what happened.
RESERVE_BYTES = 64 * 1024 * 1024
# With less than this somebody should look.
LOW_BYTES = 1024 * 1024 * 1024
FULL = "The disk of the state directory is full. Free space there; everything that waits goes on by itself."
# SQLSTATE of a PostgreSQL whose disk is full (disk_full).
POSTGRESQL_FULL = "53100"
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})


def full_disk(folder: Path) -> str | None:
    """Say that the disk of the state directory is full; None while there is room."""
    free = _free(folder)
    if free is None or free >= FULL_BYTES:
        return None
    return (
        f"The disk of the state directory is full: {_megabytes(free)} MB are left at {folder}. Free space there; "
        "everything that waits goes on by itself."
    )


def nearly_full_disk(folder: Path) -> str | None:
    """Say that the disk of the state directory will be full soon; None while there is room enough."""
    free = _free(folder)
    if free is None or free >= LOW_BYTES:
        return None
    return f"The disk of the state directory is nearly full: {_megabytes(free)} MB are left at {folder}."


def disk_full(folder: Path) -> AutocontourError:
    """Return the error of a gateway that met a full disk, whatever is free by now."""
    return AutocontourError("DISK_FULL", full_disk(folder) or FULL, retry=True)


def require_room(folder: Path) -> None:
    """Raise AutocontourError with DISK_FULL while the disk of the state directory is full."""
    if full_disk(folder) is not None:
        raise disk_full(folder)


def shortage(folder: Path, size: int) -> str | None:
    """Say that there is no room for a series of so many bytes beside what notes what happened; None where there is."""
    free = _free(folder)
    if free is None or free >= size + RESERVE_BYTES:
        return None
    return (
        f"The disk of the state directory has no room for a series: {_megabytes(free)} MB are left at {folder}, and "
        f"{_megabytes(size + RESERVE_BYTES)} MB are needed. Free space there; what waits goes on by itself."
    )


def could_ever_hold(folder: Path, size: int) -> bool:
    """Whether the disk, if it were empty, had room for a series of so many bytes; True where nobody can tell."""
    try:
        said = os.statvfs(folder)
    except OSError:
        return True
    return said.f_blocks * said.f_frsize >= size + RESERVE_BYTES


def require_space(folder: Path, size: int) -> None:
    """Raise OSError (ENOSPC) where writing so many bytes would leave too little to note what happened."""
    free = _free(folder)
    if free is not None and free < size + RESERVE_BYTES:
        raise OSError(errno.ENOSPC, "the series would fill the disk")


def is_of_a_full_disk(error: BaseException | None) -> bool:
    """Whether an error says that a disk, a quota or a database has no room; what caused it is looked at too."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        original = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(original, sqlite3.Error) and getattr(original, "sqlite_errorcode", None) in _FULL:
            return True
        if getattr(original, "sqlstate", None) == POSTGRESQL_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def _free(folder: Path) -> int | None:
    """Bytes that may still be written; None where nobody can tell. A file system without inodes left has none."""
    try:
        said = os.statvfs(folder)
    except OSError:
        return None
    if said.f_files and not said.f_favail:
        return 0
    return said.f_bavail * said.f_frsize


def _megabytes(size: int) -> int:
    return size // (1024 * 1024)
