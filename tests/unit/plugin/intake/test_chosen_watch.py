"""Chosen series are looked for now and then, for a week; each that is gone is told until somebody has dealt with it."""

from __future__ import annotations

from typing import cast

import pytest

from plugin.intake.chosen_watch import PAUSE_SECONDS, WATCHED_SECONDS, ChosenWatch
from plugin.intake.series_jobs import SeriesJobs
from plugin.pacs.client import Orthanc


class Index:
    """What an Orthanc has of series, and how often it was asked."""

    def __init__(self) -> None:
        self.there = {"a", "b", "from before"}
        self.asked = 0

    def last_updates(self, series: list[str]) -> dict[str, float]:
        self.asked += 1
        return {one: 0.0 for one in series if one in self.there}

    def exists(self, level: str, series: str) -> bool:
        return level == "series" and series in self.there


class Chosen:
    """What the table of jobs has of choices."""

    def chosen_since(self, since: float) -> dict[str, float]:
        return {"from before": since + 10.0}


class Clock:
    """A clock that is set."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def index() -> Index:
    return Index()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(index: Index, clock: Clock) -> ChosenWatch:
    return ChosenWatch(cast(Orthanc, index), cast(SeriesJobs, Chosen()), clock, clock)


def test_a_series_that_is_gone_is_told_until_it_is_dealt_with(watch: ChosenWatch, index: Index, clock: Clock) -> None:
    watch.watch("a")
    watch.watch("b")
    assert watch.gone() == []
    index.there.discard("a")
    clock.now += PAUSE_SECONDS
    assert watch.gone() == ["a"]
    clock.now += PAUSE_SECONDS
    assert watch.gone() == ["a"]
    watch.over("a")
    clock.now += PAUSE_SECONDS
    assert watch.gone() == []


def test_orthanc_is_not_asked_at_every_turn(watch: ChosenWatch, index: Index, clock: Clock) -> None:
    watch.watch("a")
    for _ in range(5):
        assert watch.gone() == []
        clock.now += PAUSE_SECONDS / 10
    assert index.asked == 1


def test_what_was_chosen_before_a_restart_is_watched_and_what_is_old_is_not(
    watch: ChosenWatch, index: Index, clock: Clock
) -> None:
    index.there.clear()
    assert watch.gone() == ["from before"]
    watch.watch("a")
    clock.now += 11
    assert watch.gone() == ["a"], "the one from before is a week old now"
    clock.now += WATCHED_SECONDS
    assert watch.gone() == []
