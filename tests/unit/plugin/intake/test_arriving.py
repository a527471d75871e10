"""Each series that arrives says what it waits for: by a word, a sentence, and a time where one is known."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from plugin.intake.arrivals import Arrival, Arrivals, Position
from plugin.intake.arriving import Arriving, ArrivingSeries
from plugin.intake.intake import Intake
from plugin.intake.known_series import SeriesTable
from plugin.intake.study_waits import StudyWait, StudyWaits
from plugin.settings.settings import Settings
from tests.builders.either_database import tables_in

pytestmark = pytest.mark.usefixtures("either_database")

QUIET, LONGEST = 5.0, 60.0


class Site:
    """Intake of one series, with a clock that a test turns."""

    def __init__(self, folder: Path) -> None:
        self.now = 1000.0
        engine = tables_in(folder)
        self.arrivals = Arrivals(engine, lambda: self.now, lambda: self.now)
        self.waits = StudyWaits(self.arrivals, SeriesTable(engine))
        self.trouble: str | None = None
        self.held = False
        self.missing = False
        self._arriving = ArrivingSeries(
            self.arrivals,
            cast(Intake, SimpleNamespace(misses_slices=self._misses)),
            self.waits,
            cast(Settings, SimpleNamespace(quiet_seconds=QUIET, incomplete_seconds=LONGEST)),
            trouble=lambda: self.trouble,
            held=lambda series: self.held,
        )
        self.came("a")

    def _misses(self, _arrival: Arrival) -> bool:
        return self.missing

    def came(self, *series: str) -> None:
        self.arrivals.record(series, Position(1, {}))

    def told(self) -> Arriving:
        (found,) = self._arriving.newest(10)
        return found

    def newest(self, limit: int) -> list[str]:
        return [one.series for one in self._arriving.newest(limit)]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_slices_that_come_are_waited_for(site: Site) -> None:
    site.now += 1
    assert (site.told().code, site.told().arrived, site.told().until) == ("quiet", 1000.0, 1000.0 + QUIET)


@pytest.mark.parametrize(
    ("changed", "code", "until"),
    [
        ({}, "soon", None),
        ({"missing": True}, "slices", 1000.0 + LONGEST),
        ({"held": True}, "setback", None),
        ({"trouble": "Orthanc does not answer."}, "trouble", None),
    ],
)
def test_a_quiet_series_says_what_else_it_waits_for(
    site: Site, changed: dict[str, Any], code: str, until: float | None
) -> None:
    site.now += QUIET + 1
    for name, value in changed.items():
        setattr(site, name, value)
    told = site.told()
    assert (told.code, told.until) == (code, until)
    assert told.message.endswith(".")


def test_a_series_that_waits_for_its_study_says_the_sentence_of_that(site: Site) -> None:
    site.now += QUIET + 1
    site.waits.note("a", StudyWait("study", ("a",), 1000.0, 30.0, 30.0, "Its study is waited for."))
    told = site.told()
    assert (told.code, told.message, told.until) == ("study", "Its study is waited for.", 1030.0)


def test_the_latest_news_stand_first_and_the_list_is_bounded(site: Site) -> None:
    for name in ("b", "c"):
        site.now += 1
        site.came(name)
    assert site.newest(2) == ["c", "b"]
