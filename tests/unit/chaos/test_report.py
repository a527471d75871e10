"""The page of reliability says what the scenarios are, and takes the table of a run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.chaos.counts import Counts
from tests.chaos.report import BEGIN, END, PAGE, Run, table, write
from tests.chaos.scenarios import SCENARIOS

WENT_WELL = Run("leader_killed", "it is killed", 24, 10.84, 14.2, Counts(0, 0, 0, 0, 0, 3))


def test_each_scenario_has_a_name_of_its_own_and_a_row_in_the_table() -> None:
    names = [one.name for one in SCENARIOS]
    assert len(set(names)) == len(names)
    rows = [line.split("|")[1].strip() for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert rows == [f"`{name}`" for name in names]


def test_the_page_shows_no_loss() -> None:
    for line in PAGE.read_text().splitlines():
        if line.startswith("| `") and "not run:" not in line:
            assert [cell.strip() for cell in line.split("|")[6:-1]] == ["0"] * 5 + ["3 of 3"], line


def test_a_run_that_lost_something_is_not_good() -> None:
    assert WENT_WELL.good
    for wrong in (Counts(1, 0, 0, 0, 0, 3), Counts(0, 0, 0, 0, 1, 3), Counts(0, 0, 0, 0, 0, 2)):
        assert not Run("leader_killed", "it is killed", 24, 1, 2, wrong).good


def test_the_table_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n\n{BEGIN}\nof last year\n{END}\n\nafter\n")
    skipped = Run("disk_full", "it is full", skipped="needs root, to mount a small disk")
    write(table([WENT_WELL, skipped], "on two cores", date(2026, 11, 26)), page)
    text = page.read_text()
    assert text.startswith("# Before\n")
    assert text.endswith(f"{END}\n\nafter\n")
    assert "of last year" not in text
    assert "Measured on 2026-11-26, on two cores." in text
    assert "| `leader_killed` | it is killed | 24 | 10.8 s | 14 s | 0 | 0 | 0 | 0 | 0 | 3 of 3 |" in text
    assert "| `disk_full` | it is full | not run: needs root, to mount a small disk |" in text
