"""When a constancy test is due, by a clock that jumps, after downtime, and after runs that came to no end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from model.errors import TargetFailed
from model.evidence.chain import Chain
from model.evidence.signing import SigningKey
from plugin.jobs.targets import TargetStore
from plugin.quality.constancy.keeper import REASON, ConstancyKeeper
from plugin.quality.constancy.masks import DrawnMasks, RoiDifference
from plugin.quality.constancy.run import Drawing, Run
from plugin.quality.constancy.table import ConstancyTable
from plugin.settings.constancy import ConstancyTest
from tests.builders.either_database import tables_in

pytestmark = pytest.mark.usefixtures("either_database")

HOUR = 3600.0
TEST = ConstancyTest(Model="hu-ct", Series="/reference", Every=24)


class Drawer:
    """Draws what it is told; counts how often."""

    def __init__(self) -> None:
        self.drawn = self.cleared = 0
        self.fails = False
        self.differences: tuple[RoiDifference, ...] = (RoiDifference("Heart", same=True, dice=1.0, hausdorff_mm=0.0),)

    def draw(self, test: ConstancyTest, run: Run, baseline: bytes | None) -> Drawing:
        self.drawn += 1
        if self.fails:
            raise TargetFailed("SERVICE_UNREACHABLE", "The target cannot be reached.", retry=True)
        masks = DrawnMasks(b"voxels", f"{self.drawn:064x}", 1, True, self.differences if baseline else ())
        return Drawing(masks, "5" * 64, "d" * 64, "1")

    def clear(self, test: ConstancyTest, run: Run) -> None:
        self.cleared += 1


class House:
    """A keeper with clocks that the test sets."""

    def __init__(self, folder: Path, test: ConstancyTest = TEST) -> None:
        self.now = 1_000_000_000.0
        self.ticks = 50.0
        self.folder = folder
        self.engine: sa.Engine = tables_in(folder)
        self.drawer = Drawer()
        self.test = test
        self.chain = Chain.open(folder / "chain", SigningKey.new())
        self.targets = TargetStore(self.engine)
        self.keeper = self.made()

    def made(self) -> ConstancyKeeper:
        return ConstancyKeeper(
            [self.test],
            ConstancyTable(self.engine),
            self.drawer,
            self.targets,
            self.chain,
            clock=lambda: self.now,
            ticks=lambda: self.ticks,
        )

    def pass_by(self, hours: float, ticks: float | None = None) -> int:
        """Let time go by on both clocks; returns how many runs the next look makes."""
        self.now += hours * HOUR
        self.ticks += HOUR * (hours if ticks is None else ticks)
        before = self.drawer.drawn
        self.keeper.turn()
        return self.drawer.drawn - before

    def outcomes(self) -> list[str]:
        return [str(run.outcome) for run in self.keeper.table.history(self.test.key)]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_the_first_look_makes_the_baseline_and_the_next_run_comes_a_day_later(house: House) -> None:
    assert [house.pass_by(hours) for hours in (0, 1, 22, 1.1, 1)] == [1, 0, 0, 1, 0]
    assert house.outcomes() == ["passed", "baseline"]


def test_a_week_of_downtime_is_made_up_for_once(house: House) -> None:
    house.pass_by(0)
    house.keeper = house.made()
    house.ticks = 5.0  # another process
    assert [house.pass_by(hours) for hours in (7 * 24, 1)] == [1, 0]


def test_a_clock_that_jumps_ahead_makes_one_run_and_setting_it_back_none_too_many(house: House) -> None:
    house.pass_by(0)
    assert house.pass_by(365 * 24, ticks=0.1) == 1
    assert [house.pass_by(hours, ticks) for hours, ticks in ((-365 * 24, 0.1), (1, 1))] == [0, 0]
    assert house.pass_by(22, 22.9) == 1


def test_a_clock_that_was_set_back_before_this_process_puts_nothing_off(house: House) -> None:
    house.pass_by(0)
    house.keeper = house.made()
    house.ticks = 5.0
    assert [house.pass_by(hours) for hours in (-1000, 1)] == [1, 0]


def test_a_run_that_came_to_no_end_is_made_again_after_growing_pauses_and_says_nothing_of_the_model(
    house: House,
) -> None:
    house.pass_by(0)
    house.drawer.fails = True
    assert house.pass_by(24) == 1
    assert house.keeper.standing() == []
    assert [house.pass_by(minutes / 60) for minutes in (0.5, 0.6, 2, 2.1)] == [0, 1, 0, 1]
    house.drawer.fails = False
    assert house.pass_by(1) == 1
    assert house.outcomes()[:2] == ["passed", "error"]
    assert house.drawer.cleared == house.drawer.drawn


def test_a_run_during_which_the_gateway_died_is_cleared_up_and_made_again_at_once(house: House) -> None:
    house.pass_by(0)
    house.keeper.table.begin(TEST.key, "f" * 32, "A" * 26, house.now)
    house.keeper = house.made()
    assert house.pass_by(0.01) == 1
    assert house.outcomes() == ["passed", "error", "baseline"]


def test_a_failure_pauses_the_target_until_a_person_accepts_and_resumes(tmp_path: Path) -> None:
    house = House(tmp_path, TEST.model_copy(update={"OnFail": "pause"}))
    house.pass_by(0)
    house.drawer.differences = (RoiDifference("Heart", same=False, dice=0.99, hausdorff_mm=1.0),)
    assert house.pass_by(24) == 1
    state = house.targets.states()["local"]
    assert (state.paused, state.reason) == (True, REASON)
    assert [run.code for _, run in house.keeper.standing()] == ["CONSTANCY_VOXELS"]
    assert house.pass_by(24) == 1, "it goes on looking at what it paused"
    accepted = house.keeper.accept(house.test)
    assert accepted is not None
    assert house.keeper.standing() == []
    baseline = house.keeper.table.baseline(house.test.key)
    assert baseline is not None
    assert (baseline.number, baseline.content) == (accepted.number, b"voxels")


def test_a_target_that_a_person_paused_is_left_alone(house: House) -> None:
    house.pass_by(0)
    house.targets.pause("local", True)
    assert house.pass_by(48) == 0
    house.targets.pause("local", False)
    assert house.pass_by(0) == 1


def test_what_was_never_drawn_cannot_be_accepted(house: House) -> None:
    assert house.keeper.accept(TEST) is None


class Killed(BaseException):
    """Ends a turn as SIGKILL does."""


def test_a_run_that_was_asked_for_is_made_though_the_gateway_is_killed_as_it_begins(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.pass_by(0)
    house.keeper.want(TEST)
    with monkeypatch.context() as dying:
        dying.setattr(ConstancyTable, "begin", _killed)
        with pytest.raises(Killed):
            house.keeper.turn()
    house.keeper = house.made()
    assert house.pass_by(0.1) == 1


def test_a_target_is_paused_though_the_gateway_is_killed_as_the_failed_run_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path, TEST.model_copy(update={"OnFail": "pause"}))
    house.pass_by(0)
    house.drawer.differences = (RoiDifference("Heart", same=False, dice=0.5, hausdorff_mm=30.0),)
    house.now, house.ticks = house.now + 25 * HOUR, house.ticks + 25 * HOUR
    ended = ConstancyTable.end

    def end(self: ConstancyTable, *given: Any, **said: Any) -> None:
        ended(self, *given, **said)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(ConstancyTable, "end", end)
        with pytest.raises(Killed):
            house.keeper.turn()
    house.keeper = house.made()
    house.pass_by(0.1)
    assert house.outcomes()[0] == "failed"
    state = house.targets.states()[TEST.Target]
    assert (state.paused, state.reason) == (True, REASON)


def _killed(*_: object) -> None:
    raise Killed
