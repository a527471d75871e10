"""What kills the worker, takes too long, or is too large is given up by name; what comes after it is worked on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import sqlalchemy as sa

from model.errors import EngineFailed, InputRefused
from plugin.pacs.client import Orthanc
from plugin.quality.comparing import Comparing
from plugin.quality.forgetting import Forgetting
from plugin.quality.keeper import GIVEN_UP, MOST_TRIES, QualityKeeper
from plugin.quality.pairing import Pairing
from plugin.quality.reading import PIECE_BYTES, Reader
from plugin.quality.row import ComparisonRow, ComparisonState
from plugin.quality.sets import SetState, StructureSetRow, StructureSets
from plugin.quality.store import QualityStore
from plugin.state.database import open_database
from tests.unit.plugin.quality.test_store import LIVER, a_row, found

BAD = "bad"
YEAR = 365.25 * 86400


class Bench:
    """A keeper whose pairing and comparing answer as told for the instance ``bad``, with a clock that is set."""

    def __init__(self, folder: Path, failure: Exception, kept_seconds: float | None = None) -> None:
        self.engine: sa.Engine = open_database(f"sqlite:///{folder / 'jobs.sqlite'}")
        self.sets, self.store = StructureSets(self.engine), QualityStore(self.engine)
        self.forgetting = Forgetting(self.engine)
        self.now = 1_800_000_000.0
        self.failure = failure
        self.keeper = QualityKeeper(
            self.sets,
            self.store,
            self.forgetting,
            cast(Pairing, self),
            cast(Comparing, self),
            cast(Reader, self),
            enabled=True,
            kept_seconds=kept_seconds,
            clock=lambda: self.now,
        )

    def look_at(self, row: StructureSetRow) -> None:
        if row.instance == BAD:
            raise self.failure
        self.sets.settle(row, SetState.OPEN, study="study")

    def make(self, row: ComparisonRow) -> bool:
        if row.instance == BAD:
            raise self.failure
        self.store.compared(row, found(LIVER))
        return True

    def work(self, turns: int = 30) -> None:
        for _ in range(turns):
            self.keeper.turn()
            self.now += 100.0


FAILURES = [
    (EngineFailed("WORKER_DIED", "The process died."), GIVEN_UP),
    (EngineFailed("WORKER_TIMEOUT", "It took too long."), GIVEN_UP),
    (InputRefused("STRUCTURE_SET_LARGE", "Too large."), "STRUCTURE_SET_LARGE"),
]


@pytest.mark.parametrize(("failure", "code"), FAILURES, ids=["died", "too long", "too large"])
def test_a_structure_set_that_cannot_be_looked_at_is_refused_and_the_next_is_looked_at(
    tmp_path: Path, failure: Exception, code: str
) -> None:
    bench = Bench(tmp_path, failure)
    bench.keeper.arrived("series", {"Instances": [BAD, "good"]}, bench.now)
    bench.work()
    states = {one.instance: (one.state, one.code) for one in bench.sets.of_series("series")}
    assert states == {BAD: (SetState.REFUSED, code), "good": (SetState.OPEN, None)}


@pytest.mark.parametrize(("failure", "code"), FAILURES, ids=["died", "too long", "too large"])
def test_a_comparison_that_cannot_be_made_is_refused_and_the_next_is_made(
    tmp_path: Path, failure: Exception, code: str
) -> None:
    bench = Bench(tmp_path, failure)
    bench.store.note(a_row(instance=BAD))
    bench.store.note(a_row(instance="good", at=1_800_000_001.0))
    bench.work()
    states = {one.instance: (one.state, one.code) for one in bench.store.of_job("job")}
    assert states == {BAD: (ComparisonState.REFUSED, code), "good": (ComparisonState.COMPARED, None)}


def test_a_gateway_that_dies_with_a_comparison_each_time_gives_it_up(tmp_path: Path) -> None:
    store = Bench(tmp_path, RuntimeError()).store
    store.note(a_row(instance=BAD))
    row = store.of_job("job")[0]
    for _ in range(MOST_TRIES):
        assert store.claim(row, 0.0)
        row = store.of_job("job")[0]
    bench = Bench(tmp_path, AssertionError("it was begun a fifth time"))
    bench.work(3)
    assert [(one.state, one.code) for one in bench.store.of_job("job")] == [(ComparisonState.REFUSED, GIVEN_UP)]


def test_comparisons_go_after_the_months_that_they_are_kept_and_their_sums_stay(tmp_path: Path) -> None:
    bench = Bench(tmp_path, RuntimeError(), kept_seconds=YEAR)
    for instance, age in (("old", 1.1 * YEAR), ("young", 0.9 * YEAR)):
        row = a_row(job=instance, instance=instance, at=bench.now - age)
        assert bench.store.note(row)
        bench.store.compared(row, found(LIVER))
    bench.work(1)
    assert [bench.store.of_job(job) == [] for job in ("old", "young")] == [True, False]
    (month,) = bench.forgetting.months()
    assert (month["structure"], month["verdict"], month["rois"]) == ("Liver", "edited", 1)


class _Endless:
    """An Orthanc whose file never ends."""

    @contextmanager
    def open_instance(self, _: str) -> Iterator[Any]:
        yield self

    def read(self, _: int) -> bytes:
        return bytes(PIECE_BYTES)


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader(cast(Orthanc, _Endless()), seconds=120.0)
    yield made
    made.stop()


def test_a_file_above_the_limit_is_refused_before_it_is_read_whole(reader: Reader) -> None:
    with pytest.raises(InputRefused) as refused:
        reader.file("any")
    assert refused.value.code == "STRUCTURE_SET_LARGE"


def _greedy() -> int:
    return int(np.ones(7 << 30, dtype=np.uint8)[0])


def _dying() -> None:
    os._exit(9)


def _unforeseen() -> None:
    raise ZeroDivisionError("zqxw of somebody")


@pytest.mark.parametrize(
    ("task", "code"),
    [(_greedy, "STRUCTURE_SET_LARGE"), (_dying, "WORKER_DIED"), (_unforeseen, "COMPARISON_FAILED")],
)
def test_a_process_that_breaks_says_how_without_a_text_of_the_file_and_the_next_task_runs(
    reader: Reader, task: Callable[[], object], code: str
) -> None:
    with pytest.raises((InputRefused, EngineFailed)) as failure:
        reader.run(task)
    assert (failure.value.code, "zqxw" in str(failure.value)) == (code, False)
    assert reader.run(len, "abc") == 3


def test_a_task_beyond_its_time_is_ended(tmp_path: Path) -> None:
    reader = Reader(cast(Orthanc, _Endless()), seconds=0.5)
    with pytest.raises(EngineFailed) as failure:
        reader.run(time.sleep, 600.0)
    assert failure.value.code == "WORKER_TIMEOUT"
    reader.stop()


def test_an_erasure_takes_the_structure_sets_of_the_study_and_leaves_those_of_others(tmp_path: Path) -> None:
    bench = Bench(tmp_path, RuntimeError())
    for name, study in (("theirs", "study"), ("unlinked", "study"), ("others", "another"), ("compared", "third")):
        bench.sets.arrived(f"series of {name}", [name], bench.now)
        (row,) = bench.sets.of_series(f"series of {name}")
        bench.sets.settle(row, SetState.OPEN, study=study)
    bench.store.note(replace(a_row(), instance="compared"))
    bench.forgetting.erase("CODE", "series", "study")
    assert [one.instance for study in ("study", "another", "third") for one in bench.sets.of_study(study)] == ["others"]
    bench.forgetting.erase("UNKNOWN", None, None)
    assert [one.instance for one in bench.sets.of_study("another")] == ["others"]


def test_nothing_is_compared_any_more_of_a_patient_who_objected() -> None:
    nobody = cast(Any, None)
    comparing = Comparing(
        nobody, nobody, nobody, nobody, nobody, nobody, nobody, nobody, lambda code: code == a_row().evidence_code
    )
    with pytest.raises(InputRefused) as refused:
        comparing.make(a_row())
    assert refused.value.code == "STRUCTURE_SET_OBJECTION"
