"""The change log is read from where it was left, and one that is another, or has holes, is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plugin.intake.arrivals import Arrivals
from plugin.intake.changes import EMPTIED, RENEWED, read_changes
from tests.builders.either_database import tables_in

pytestmark = pytest.mark.usefixtures("either_database")

START = 1_000_000_000.0


class Log:
    """Stands in for Orthanc's change log, whose faults no Orthanc makes when asked (pages, holes, numbers)."""

    def __init__(self, prefix: str = "s") -> None:
        self.entries: list[dict[str, Any]] = []
        self.newest = 0
        self.prefix = prefix
        self.asked = 0

    def add(self, count: int = 1) -> None:
        for _ in range(count):
            self.newest += 1
            entry = {"Seq": self.newest, "ChangeType": "NewSeries", "ResourceType": "Series"}
            self.entries.append({**entry, "ID": f"{self.prefix}{self.newest}", "Date": "20261126T120000"})

    def changes(self, since: int, limit: int = 1000) -> dict[str, Any]:
        self.asked += 1
        found = [entry for entry in self.entries if entry["Seq"] > since]
        last = found[:limit][-1]["Seq"] if found else self.newest
        return {"Changes": found[:limit], "Done": len(found) <= limit, "Last": last}

    def last_change(self) -> int:
        return self.newest

    def parents_of(self, instances: list[str]) -> list[str]:
        raise AssertionError(f"there are no instances here: {instances}")


@pytest.fixture
def arrivals(tmp_path: Path) -> Arrivals:
    return Arrivals(tables_in(tmp_path))


def read(log: Log, arrivals: Arrivals) -> tuple[tuple[str, ...], str | None]:
    news = read_changes(log, arrivals, lambda: START)  # type: ignore[arg-type]
    return news.arrived, news.lost


def test_each_entry_is_news_once_and_one_request_reads_them(arrivals: Arrivals) -> None:
    log = Log()
    log.add(2)
    assert read(log, arrivals) == (("s1", "s2"), None)
    log.asked = 0
    log.add()
    assert read(log, arrivals) == (("s3",), None)
    assert read(log, arrivals) == ((), None)
    assert log.asked == 2
    assert not arrivals.must_reconcile()


def test_many_pages_are_read_to_the_end(arrivals: Arrivals) -> None:
    log = Log()
    log.add(1)
    read(log, arrivals)
    log.add(2500)
    arrived, lost = read(log, arrivals)
    assert (len(arrived), lost) == (2500, None)


def test_an_emptied_log_is_told_once(arrivals: Arrivals) -> None:
    log = Log()
    log.add(3)
    read(log, arrivals)
    log.add(2)
    log.entries.clear()
    assert read(log, arrivals) == ((), EMPTIED)
    assert arrivals.must_reconcile()
    arrivals.reconciled()
    log.add()
    assert read(log, arrivals) == (("s6",), None)
    assert not arrivals.must_reconcile()


def test_a_log_emptied_after_it_was_read_has_lost_nothing(arrivals: Arrivals) -> None:
    log = Log()
    log.add(3)
    read(log, arrivals)
    log.entries.clear()
    assert read(log, arrivals) == ((), None)


def test_entries_that_went_before_what_is_read_are_a_hole(arrivals: Arrivals) -> None:
    log = Log()
    log.add(3)
    read(log, arrivals)
    log.add(3)
    log.entries = [entry for entry in log.entries if entry["Seq"] not in (4, 5)]
    assert read(log, arrivals) == (("s6",), EMPTIED)


def test_entries_that_went_with_what_was_deleted_are_no_other_log(arrivals: Arrivals) -> None:
    log = Log()
    log.add(20)
    read(log, arrivals)
    log.entries = log.entries[:15]
    assert read(log, arrivals) == ((), None)


def test_a_new_index_that_is_shorter_is_another_log(arrivals: Arrivals) -> None:
    log = Log()
    log.add(30)
    read(log, arrivals)
    other = Log("t")
    other.add(5)
    assert read(other, arrivals) == ((), RENEWED)
    assert arrivals.must_reconcile()
    other.add()
    assert read(other, arrivals) == (("t6",), None)


def test_a_new_index_that_has_grown_beyond_is_another_log(arrivals: Arrivals) -> None:
    log = Log()
    log.add(30)
    read(log, arrivals)
    other = Log("t")
    other.add(50)
    assert read(other, arrivals) == ((), RENEWED)
