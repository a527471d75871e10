"""A turn of intake looks at a bounded number of series, whatever waits; what is due is hidden by nothing that waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from plugin.intake.arrivals import LONGEST_SECONDS, Arrival, Arrivals, Position
from plugin.intake.changes import MOST_PAGES, PAGE
from plugin.intake.loop import MOST_AT_ONCE, IntakeLoop
from plugin.jobs.wakeup import Wakeup
from plugin.state.database import open_database

QUIET = 5.0


class Site:
    """Intake with a clock that a test turns; ``slow`` waits for slices, everything else is decided at once."""

    def __init__(self, folder: Path) -> None:
        self.day = self.ticks = 1000.0
        self.looked: list[str] = []
        self.log = 0
        self.seconds = 0.0
        self.arrivals = Arrivals(
            open_database(f"sqlite:///{folder}/jobs.sqlite"), lambda: self.day, lambda: self.ticks, quiet_seconds=QUIET
        )
        parts = cast(Any, self)
        self.loop = IntakeLoop(parts, self.arrivals, parts, cast(Any, _NoResults()), QUIET, lambda: 0.0, Wakeup())

    def came(self, *series: str) -> None:
        self.arrivals.record(series, Position(0, {}))

    def after(self, seconds: float, *, day: float | None = None) -> list[str]:
        self.ticks += seconds
        self.day += seconds if day is None else day
        self.looked.clear()
        self.loop.turn()
        return list(self.looked)

    # Of Orthanc: a change log of so many entries that tell of nothing.
    def changes(self, since: int, limit: int) -> dict[str, Any]:
        numbers = range(since + 1, min(self.log, since + limit) + 1)
        entries = [{"Seq": number, "ChangeType": "StablePatient", "ID": "x", "Date": ""} for number in numbers]
        return {"Changes": entries, "Done": since + limit >= self.log, "Last": entries[-1]["Seq"] if entries else since}

    def last_change(self) -> int:
        return 0

    # Of the part that decides.
    def chosen_and_gone(self) -> list[str]:
        return []

    def process(self, arrival: Arrival) -> None:
        self.looked.append(arrival.series)
        if not arrival.series.startswith("slow"):
            self.arrivals.decided(arrival, "content", "none")

    def waits(self, arrival: Arrival) -> float:
        return 600.0 if arrival.series.startswith("slow") else 0.0


class _NoResults:
    def turn(self) -> None:
        """Look at none."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_series_is_looked_at_when_it_is_quiet_and_not_before(site: Site) -> None:
    site.came("a")
    assert site.after(QUIET - 1) == []
    assert site.after(1) == ["a"]
    assert site.after(1) == []


def test_of_many_each_turn_looks_at_some_and_none_is_left(site: Site) -> None:
    names = [f"a{number:03}" for number in range(2 * MOST_AT_ONCE + 1)]
    site.came(*names)
    turns = [site.after(QUIET), site.after(0), site.after(0)]
    assert [len(turn) for turn in turns] == [MOST_AT_ONCE, MOST_AT_ONCE, 1]
    assert sorted(name for turn in turns for name in turn) == names


def test_what_waits_is_not_looked_at_again_before_it_is_due_and_hides_nothing(site: Site) -> None:
    site.came(*(f"slow{number}" for number in range(MOST_AT_ONCE)))
    assert len(site.after(QUIET)) == MOST_AT_ONCE
    site.came("a")
    assert site.after(QUIET) == ["a"]
    assert len(site.after(LONGEST_SECONDS)) == MOST_AT_ONCE


def test_more_slices_end_the_wait(site: Site) -> None:
    site.came("slow")
    assert site.after(QUIET) == ["slow"]
    site.came("slow")
    assert site.after(1) == []
    assert site.after(QUIET) == ["slow"]


def test_a_clock_set_back_lets_nobody_wait_for_it(site: Site) -> None:
    site.came("a")
    assert site.after(1) == []
    assert site.after(QUIET, day=-7200) == ["a"]


def test_a_clock_set_forward_lets_nobody_be_looked_at_who_still_arrives(site: Site) -> None:
    site.came("a")
    assert site.after(1, day=7200) == []
    assert site.after(QUIET, day=QUIET) == ["a"]


def test_a_long_change_log_is_read_in_parts_and_said_before_anything_is_decided(site: Site) -> None:
    site.came("a")
    site.log = MOST_PAGES * PAGE + PAGE
    assert site.after(QUIET) == []
    (remark,) = site.loop.remarks
    assert str(MOST_PAGES * PAGE) in remark
    assert site.after(0) == ["a"]
    assert site.loop.remarks == []
