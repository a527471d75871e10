"""Health says what slows intake, after it was slow several times in a row, and no longer than that."""

from __future__ import annotations

from plugin.intake.pace import LOOKS, SLOW_SECONDS, Pace


class Ticks:
    """A clock that goes on by so much each time somebody looks twice."""

    def __init__(self) -> None:
        self.now = 0.0
        self.step = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def look(pace: Pace, ticks: Ticks, orthanc: float, database: float) -> list[str]:
    ticks.step = database
    with pace.of_the_database():
        pass
    ticks.step = orthanc
    with pace.of_orthanc():
        pass
    return pace.remarks


def test_a_slow_orthanc_is_said_after_some_looks_and_not_when_it_is_quick_again() -> None:
    ticks = Ticks()
    pace = Pace(ticks)
    for _ in range(LOOKS - 1):
        assert look(pace, ticks, 2 * SLOW_SECONDS, 0.0) == []
    (said,) = look(pace, ticks, 2 * SLOW_SECONDS, 0.0)
    assert said.startswith("Orthanc answers slowly (2.0 s")
    assert look(pace, ticks, 0.01, 0.0) == []


def test_a_slow_database_is_said_and_not_taken_for_a_slow_orthanc() -> None:
    ticks = Ticks()
    pace = Pace(ticks)
    for _ in range(LOOKS):
        look(pace, ticks, 3 * SLOW_SECONDS, 2 * SLOW_SECONDS)
    (said,) = pace.remarks
    assert said.startswith("The database answers slowly")


def test_a_long_change_log_is_said_with_what_was_read_of_it_in_all() -> None:
    pace = Pace(Ticks())
    pace.read(50_000, more=True)
    pace.read(50_000, more=True)
    assert "100000 entries" in pace.remarks[0]
    pace.read(10, more=False)
    assert pace.remarks == []
