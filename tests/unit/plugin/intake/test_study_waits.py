"""A series waits until nothing of its study came for a while; a new arrival begins the wait anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.intake.arrivals import Arrivals, Position
from plugin.intake.known_series import SeriesTable
from plugin.intake.study_waits import StudyWait, StudyWaits
from tests.builders.either_database import tables_in

pytestmark = pytest.mark.usefixtures("either_database")


class Clocks:
    """A time of day and a monotonic clock that go together."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def arrivals(tmp_path: Path, clocks: Clocks) -> Arrivals:
    return Arrivals(tables_in(tmp_path), clocks, clocks)


@pytest.fixture
def waits(tmp_path: Path, arrivals: Arrivals) -> StudyWaits:
    return StudyWaits(arrivals, SeriesTable(tables_in(tmp_path)))


def came(arrivals: Arrivals, *series: str) -> None:
    arrivals.record(series, Position(1, {}))


def wait_on(waits: StudyWaits, *series: str, seconds: float = 60.0, least: float = 60.0) -> None:
    waits.note("a", StudyWait("study", series, waits.quiet(series)[1], seconds, least, "Its study is waited for."))


def test_a_study_is_as_quiet_as_the_series_that_came_last(
    arrivals: Arrivals, waits: StudyWaits, clocks: Clocks
) -> None:
    came(arrivals, "a")
    clocks.now += 50
    came(arrivals, "b")
    clocks.now += 7
    assert waits.quiet(("a", "b", "never heard of")) == (7.0, 1050.0)
    assert waits.quiet(("a",)) == (57.0, 1000.0)


def test_a_series_is_held_until_its_study_is_quiet(arrivals: Arrivals, waits: StudyWaits, clocks: Clocks) -> None:
    came(arrivals, "a", "b")
    assert not waits.holds("a"), "nothing is noted of it yet"
    wait_on(waits, "a", "b")
    assert waits.holds("a")
    assert (waits.reason("a"), waits.studies) == ("Its study is waited for.", 1)
    clocks.now += 50
    came(arrivals, "b")
    clocks.now += 50
    assert waits.holds("a")
    clocks.now += 10
    assert not waits.holds("a")
    waits.over("a")
    assert (waits.reason("a"), waits.studies) == (None, 0)


def test_a_longer_wait_for_missing_slices_ends_when_something_came(
    arrivals: Arrivals, waits: StudyWaits, clocks: Clocks
) -> None:
    came(arrivals, "a", "b")
    wait_on(waits, "a", "b", seconds=3600, least=5)
    clocks.now += 100
    assert waits.holds("a")
    came(arrivals, "b")
    assert waits.holds("a")
    clocks.now += 5
    assert not waits.holds("a"), "whether the other one is whole now is looked at"


def test_a_restart_measures_by_the_time_of_day(tmp_path: Path, arrivals: Arrivals, clocks: Clocks) -> None:
    came(arrivals, "a")
    clocks.now += 30
    engine = tables_in(tmp_path)
    later = Clocks()
    later.now = 5.0
    after = StudyWaits(Arrivals(engine, clocks, later), SeriesTable(engine))
    assert after.quiet(("a",))[0] == 30.0
