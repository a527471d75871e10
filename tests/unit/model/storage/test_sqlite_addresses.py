"""The address of an SQLite file leads to that file, and to no other."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from model.storage.sqlite import sqlite_url


@pytest.mark.parametrize("name", ["a%41", "50%", "a?b", "a#b", "a b", "Zustand ü", "a@b:c", "a'b\"c", "a\\b"])
def test_the_file_has_the_name_that_was_given_whatever_stands_in_it(name: str, tmp_path: Path) -> None:
    file = tmp_path / name / "jobs.sqlite"
    file.parent.mkdir()
    engine = sa.create_engine(sqlite_url(file))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE kept (name TEXT)"))
    engine.dispose()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [file]
