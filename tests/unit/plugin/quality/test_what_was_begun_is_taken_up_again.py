"""What a gateway began before it was killed is taken up by the next one soon; whoever comes too late keeps nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.quality.keeper import MOST_TRIES
from plugin.quality.row import ComparisonRow, ComparisonState
from plugin.quality.sets import SetState, StructureSetRow, StructureSets
from plugin.quality.store import QualityStore
from tests.builders.either_database import tables_in
from tests.unit.plugin.quality.test_store import LIVER, SPLEEN, a_row, found
from tests.unit.plugin.quality.test_what_cannot_be_compared_is_given_up import BAD, Bench

# So long after a kill at most.
SOON = 60.0


class Killed(BaseException):
    """Ends a turn as SIGKILL does: nothing is written after it."""


class Dying(Bench):
    """A keeper that is killed in the middle of whatever it begins with the instance ``bad``."""

    def look_at(self, row: StructureSetRow) -> None:
        if row.instance == BAD:
            raise Killed
        super().look_at(row)

    def make(self, row: ComparisonRow) -> bool:
        if row.instance == BAD:
            raise Killed
        return super().make(row)


class Next(Bench):
    """The keeper of the next gateway, which works as it should."""

    def look_at(self, row: StructureSetRow) -> None:
        self.sets.settle(row, SetState.OPEN, study="study")

    def make(self, row: ComparisonRow) -> bool:
        self.store.compared(row, found(LIVER))
        return True


def test_what_a_killed_gateway_had_begun_is_done_by_the_next_one_within_a_minute(tmp_path: Path) -> None:
    dying = Dying(tmp_path, RuntimeError())
    dying.store.note(a_row(instance=BAD))
    with pytest.raises(Killed):
        dying.keeper.turn()  # the comparison
    dying.keeper.arrived("series", {"Instances": [BAD]}, dying.now)
    with pytest.raises(Killed):
        dying.keeper.turn()  # the structure set
    following = Next(tmp_path, RuntimeError())
    following.now += SOON
    while following.keeper.turn():
        pass
    (looked,), (compared,) = following.sets.of_series("series"), following.store.of_job("job")
    assert (looked.state, compared.state) == (SetState.OPEN, ComparisonState.COMPARED)


def test_a_gateway_that_was_stopped_in_it_each_time_has_not_died_of_it(tmp_path: Path) -> None:
    dying = Dying(tmp_path, RuntimeError())
    dying.store.note(a_row(instance=BAD))
    dying.keeper.arrived("series", {"Instances": [BAD]}, dying.now)
    for _ in range(MOST_TRIES + 1):
        for _ in ("the structure set", "the comparison"):
            with pytest.raises(Killed):
                dying.keeper.turn()
        dying.keeper.forgive_tries()
    following = Next(tmp_path, RuntimeError())
    while following.keeper.turn():
        pass
    (looked,), (compared,) = following.sets.of_series("series"), following.store.of_job("job")
    assert (looked.state, compared.state) == (SetState.OPEN, ComparisonState.COMPARED)


@pytest.mark.usefixtures("either_database")
def test_what_came_again_while_it_was_looked_at_is_looked_at_again(tmp_path: Path) -> None:
    sets = StructureSets(tables_in(tmp_path))
    sets.arrived("series", ["one"], 1.0)
    new = sets.next_new(2.0)
    assert new is not None
    begun = sets.claim(new, 4.0)
    assert begun is not None
    sets.arrived("series", ["one"], 3.0)
    sets.settle(begun, SetState.PAIRED, file="of the file before")
    again = sets.next_new(3.0)
    assert again is not None
    assert (again.state, again.file) == (SetState.NEW, None)


@pytest.mark.usefixtures("either_database")
def test_a_structure_set_that_another_gateway_settled_is_not_begun(tmp_path: Path) -> None:
    sets = StructureSets(tables_in(tmp_path))
    sets.arrived("series", ["one"], 1.0)
    seen = sets.next_new(2.0)
    assert seen is not None
    sets.settle(seen, SetState.OPEN)
    assert sets.claim(seen, 4.0) is None


@pytest.mark.usefixtures("either_database")
def test_of_two_gateways_that_make_a_comparison_the_one_that_began_it_last_keeps_it(tmp_path: Path) -> None:
    store = QualityStore(tables_in(tmp_path))
    store.note(a_row())
    first = store.claim(a_row(), 2.0)
    due = store.next_waiting(3.0)
    assert first is not None
    assert due is not None
    second = store.claim(due, 5.0)
    assert second is not None
    assert (store.holds(first), store.holds(second)) == (False, True)
    store.compared(first, found(LIVER, SPLEEN))
    store.refused(first, "TOO_LATE")
    assert store.of_job("job")[0].state is ComparisonState.WAITING
    store.compared(second, found(LIVER))
    store.refused(first, "TOO_LATE")
    (kept,) = store.of_job("job")
    assert (kept.state, [roi.structure for roi in store.rois_of(kept)]) == (ComparisonState.COMPARED, ["Liver"])
    assert not store.holds(second), "it is made"
