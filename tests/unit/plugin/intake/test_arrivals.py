"""How long a series has been quiet does not hang on a clock that somebody may set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from plugin.intake.arrivals import Arrivals, Position
from tests.builders.either_database import tables_in

pytestmark = pytest.mark.usefixtures("either_database")


@dataclass
class Time:
    """The time of day, and ticks that only ever go on."""

    day: float = 1_700_000_000.0
    ticks: float = 50.0

    def on(self, seconds: float, *, day: float | None = None) -> None:
        self.ticks += seconds
        self.day += seconds if day is None else day


@pytest.fixture
def time() -> Time:
    return Time()


def arrivals_at(folder: Path, time: Time) -> Arrivals:
    return Arrivals(tables_in(folder), lambda: time.day, lambda: time.ticks)


def test_a_clock_set_back_makes_nobody_wait_longer(tmp_path: Path, time: Time) -> None:
    arrivals = arrivals_at(tmp_path, time)
    arrivals.record(["a"], Position(1, {}))
    time.on(5, day=-7200)
    (arrival,) = arrivals.newest_pending(10)
    assert arrivals.quiet_for(arrival) == 5


def test_a_clock_set_forward_makes_no_series_quiet_that_still_arrives(tmp_path: Path, time: Time) -> None:
    arrivals = arrivals_at(tmp_path, time)
    arrivals.record(["a"], Position(1, {}))
    time.on(1, day=7200)
    (arrival,) = arrivals.newest_pending(10)
    assert arrivals.quiet_for(arrival) == 1


def test_an_arrival_in_the_future_counts_as_now_after_a_restart(tmp_path: Path, time: Time) -> None:
    arrivals_at(tmp_path, time).record(["a"], Position(1, {}))
    time.on(3, day=-7200)
    restarted = arrivals_at(tmp_path, time)
    (arrival,) = restarted.newest_pending(10)
    assert restarted.quiet_for(arrival) == 0
    time.on(4)
    assert restarted.quiet_for(arrival) == 4


def test_after_a_restart_the_time_of_day_tells_how_long_a_series_is_quiet(tmp_path: Path, time: Time) -> None:
    arrivals_at(tmp_path, time).record(["a"], Position(1, {}))
    time.on(30)
    restarted = arrivals_at(tmp_path, time)
    (arrival,) = restarted.newest_pending(10)
    assert restarted.quiet_for(arrival) == 30


def test_a_slice_that_comes_later_begins_the_quiet_anew(tmp_path: Path, time: Time) -> None:
    arrivals = arrivals_at(tmp_path, time)
    arrivals.record(["a"], Position(1, {}))
    time.on(4)
    arrivals.record(["a"], Position(2, {}))
    time.on(1)
    (arrival,) = arrivals.newest_pending(10)
    assert arrivals.quiet_for(arrival) == 1


def test_only_series_with_slices_that_were_not_heard_of_were_missed(tmp_path: Path, time: Time) -> None:
    arrivals = arrivals_at(tmp_path, time)
    arrivals.record(["known", "late"], Position(1, {}))
    for arrival in arrivals.newest_pending(10):
        arrivals.decided(arrival, "content", "none")
    updated = {"known": time.day - 1, "late": time.day + 1, "new": time.day - 1}
    assert sorted(arrivals.missed(updated)) == ["late", "new"]
    assert sorted(arrival.series for arrival in arrivals.newest_pending(10)) == ["late", "new"]


def test_the_state_of_an_earlier_release_counts_from_its_first_series(tmp_path: Path, time: Time) -> None:
    arrivals = arrivals_at(tmp_path, time)
    arrivals.record(["first"], Position(1, {}))
    first = time.day
    time.on(100)
    arrivals.record(["second"], Position(2, {}))
    assert arrivals.installed() == first
    assert arrivals_at(tmp_path, time).installed() == first


def test_when_a_gateway_first_worked_is_noted_once_for_all_gateways(tmp_path: Path, time: Time) -> None:
    first, second = arrivals_at(tmp_path, time), arrivals_at(tmp_path, time)
    assert first.seconds_since_begun() == 0
    first.begin()
    time.on(20)
    second.begin()
    time.on(10)
    assert (first.seconds_since_begun(), second.seconds_since_begun()) == (30, 30)
    time.on(1, day=-7200)
    assert first.seconds_since_begun() == 0, "a clock set back makes nothing count that came earlier"
