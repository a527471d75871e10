"""What one gateway of a group does, the others do not: they go on with it when they lead."""

from __future__ import annotations

from pathlib import Path

from plugin.intake.arrivals import Arrivals, Position
from plugin.state.database import open_database


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_who_leads_again_counts_from_what_the_other_one_heard(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    day, ticks = Clock(1_800_000_000.0), Clock(50.0)
    mine = Arrivals(engine, day, ticks)
    other = Arrivals(engine, day, Clock(7.0))
    mine.record(["a"], Position(1, {}))
    for clock in (day, ticks):
        clock.now += 60
    other.record(["a"], Position(2, {}))
    day.now += 1
    ticks.now += 1
    (arrival,) = mine.newest_pending(1)
    assert mine.quiet_for(arrival) == 1.0
