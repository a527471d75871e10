"""Whatever the gateway keeps is in the list that an erasure covers: each table, each column, each file."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import sqlalchemy as sa

from plugin.state.database import open_database
from plugin.state.holdings import FILES, TABLES, erased_tables
from tests.builders.old_state import unpack_state
from tests.holdings import PAGE, current


def test_every_table_and_column_that_there_is_says_whom_it_leads_to(tmp_path: Path) -> None:
    found = sa.inspect(open_database(f"sqlite:///{tmp_path / 'jobs.sqlite'}"))
    there = {name: {column["name"] for column in found.get_columns(name)} for name in found.get_table_names()}
    assert len(there) > 20
    assert {one.name: set(one.columns) for one in TABLES} == there
    for one in TABLES:
        assert len(one.columns) == len(one.patient) + len(one.keyed) + len(one.random) + len(one.rest), one.name


def test_every_file_of_a_state_directory_is_in_the_list(tmp_path: Path) -> None:
    state = unpack_state(tmp_path)
    # But for the last, which takes what lies on top and belongs to nobody.
    patterns = [one.pattern for one in FILES]
    files = [path.relative_to(state) for path in state.rglob("*") if path.is_file()]
    assert files
    left = [str(one) for one in files if not any(_fits(one, pattern) for pattern in patterns)]
    assert left == []


def _fits(path: Path, pattern: str) -> bool:
    return fnmatch(str(path), pattern) if "/" in pattern else len(path.parts) == 1 and fnmatch(path.name, pattern)


def test_what_leads_to_a_patient_is_deleted_or_says_why_not() -> None:
    stays = {one.name for one in TABLES if (one.patient or one.keyed) and one.name not in erased_tables()}
    assert stays == {"change_marks", "constancy_runs", "subject_objections"}


def test_the_page_for_data_protection_shows_the_list() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "<!-- holdings -->" in page
    assert current(page) == page, "run python -m tests.holdings"
