"""A full disk is told from other trouble, whoever met it."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from model.errors import ConfigurationRefused
from plugin.state import disk
from plugin.state.disk import full_disk, is_of_a_full_disk, nearly_full_disk


def refused_because_of(error: OSError) -> BaseException:
    try:
        try:
            raise error
        except OSError:
            raise ConfigurationRefused("AutoContour.StateDirectory", "cannot be written") from None
    except ConfigurationRefused as refused:
        return refused


def a_full_sqlite_file(folder: Path) -> OperationalError:
    engine = sa.create_engine(f"sqlite:///{folder / 'small.sqlite'}")
    with engine.connect() as connection:
        connection.execute(sa.text("PRAGMA max_page_count = 4"))
        connection.execute(sa.text("CREATE TABLE t (x BLOB)"))
        with pytest.raises(OperationalError) as met:
            connection.execute(sa.text("INSERT INTO t VALUES (zeroblob(1000000))"))
    return met.value


def test_the_operating_system_a_quota_and_sqlite_are_understood(tmp_path: Path) -> None:
    assert is_of_a_full_disk(OSError(errno.ENOSPC, "no space"))
    assert is_of_a_full_disk(OSError(errno.EDQUOT, "quota"))
    assert is_of_a_full_disk(a_full_sqlite_file(tmp_path))
    assert is_of_a_full_disk(refused_because_of(OSError(errno.ENOSPC, "no space")))


def test_other_trouble_is_not_of_a_full_disk() -> None:
    assert not is_of_a_full_disk(None)
    assert not is_of_a_full_disk(OSError(errno.EACCES, "denied"))
    assert not is_of_a_full_disk(sqlite3.OperationalError("database is locked"))
    assert not is_of_a_full_disk(refused_because_of(OSError(errno.EROFS, "read only")))


def test_the_room_that_is_left_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    monkeypatch.setattr(disk, "LOW_BYTES", free // 2)
    assert full_disk(tmp_path) is None
    assert nearly_full_disk(tmp_path) is None
    monkeypatch.setattr(disk, "FULL_BYTES", free * 2)
    monkeypatch.setattr(disk, "LOW_BYTES", free * 2)
    assert "is full" in str(full_disk(tmp_path))
    assert "nearly full" in str(nearly_full_disk(tmp_path))


def test_a_folder_that_is_not_there_is_not_called_full(tmp_path: Path) -> None:
    assert full_disk(tmp_path / "nowhere") is None
