"""What is noted of a series can be asked for, and a series be looked at anew."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from plugin.intake.arrivals import Arrivals, Position
from plugin.intake.known_series import SeriesTable
from tests.builders.either_database import tables_in

pytestmark = pytest.mark.usefixtures("either_database")


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    return tables_in(tmp_path)


def test_nothing_is_known_of_a_series_without_news(engine: sa.Engine) -> None:
    table = SeriesTable(engine)
    assert table.get("a") is None
    assert table.installed() is None


def test_a_series_with_news_is_pending_until_it_is_decided_on(engine: sa.Engine) -> None:
    arrivals, table = Arrivals(engine), SeriesTable(engine)
    arrivals.record(["a"], Position(1, {}), installed=1000.0)
    known = table.get("a")
    assert known is not None
    assert (known.pending, known.outcome) == (True, "")
    arrivals.decided(known.arrival, "content", "none")
    known = table.get("a")
    assert known is not None
    assert (known.pending, known.outcome, known.arrival.content) == (False, "none", "content")
    assert table.installed() == 1000.0


def test_a_series_that_is_looked_at_again_is_one_on_which_nothing_was_decided(engine: sa.Engine) -> None:
    arrivals, table = Arrivals(engine), SeriesTable(engine)
    arrivals.record(["a"], Position(1, {}), installed=1000.0)
    arrivals.decided(arrivals.newest_pending(10)[0], "content", "error")
    table.look_again("a")
    (pending,) = arrivals.newest_pending(10)
    assert (pending.series, pending.content) == ("a", "")


def test_a_series_that_is_not_known_can_be_looked_at_too(engine: sa.Engine) -> None:
    SeriesTable(engine, clock=lambda: 5.0).look_again("b")
    (pending,) = Arrivals(engine).newest_pending(10)
    assert (pending.series, pending.last_arrival) == ("b", 5.0)
