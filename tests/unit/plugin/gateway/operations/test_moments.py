"""The present moment is made for all who look, and held until it changes for as many as there are places."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from plugin.gateway.operations.moments import BUSY_SECONDS, MOST_HELD, Moment, Moments, places_for
from plugin.jobs.store import JobStore
from plugin.state.writes import Writes
from tests.builders.either_database import tables_in
from tests.builders.jobs import a_job

pytestmark = pytest.mark.usefixtures("either_database")

NOTHING = {"Total": 0}


class Site:
    """A state of affairs that a test changes, with a clock that it turns."""

    def __init__(self, folder: Path, *, places: int = 1, hold_seconds: float = 600.0) -> None:
        self.engine: sa.Engine = tables_in(folder)
        self.jobs = JobStore(self.engine)
        self.shown = 0
        self.looking = threading.Semaphore(0)
        self.moments = Moments(self.show, Writes(self.engine), places, hold_seconds=hold_seconds)

    def show(self) -> dict[str, Any]:
        self.shown += 1
        self.looking.release()
        return {"Arriving": NOTHING, "Waiting": NOTHING, "Running": NOTHING, "Counts": self.jobs.count_by_state()}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_many_who_look_at_once_have_it_made_once(site: Site) -> None:
    tags = {site.moments.present().tag for _ in range(20)}
    assert (len(tags), site.shown) == (1, 1)


def test_another_tag_is_answered_at_once(site: Site) -> None:
    assert site.moments.after("of yesterday") == (site.moments.present(), True)


def test_a_request_is_held_until_something_is_written(site: Site) -> None:
    known, answers = site.moments.present(), list[tuple[Moment, bool]]()
    held = threading.Thread(target=lambda: answers.append(site.moments.after(known.tag)))
    held.start()
    site.jobs.add(a_job())
    held.join(120.0)
    assert not held.is_alive()
    ((moment, had_a_place),) = answers
    assert had_a_place
    assert b'"running":1' in moment.body


def test_a_request_beyond_the_places_is_answered_at_once_and_told_so(tmp_path: Path) -> None:
    site = Site(tmp_path, places=0)
    known = site.moments.present()
    assert site.moments.after(known.tag) == (known, False)


def test_nothing_new_ends_the_wait_with_the_same_moment(tmp_path: Path) -> None:
    site = Site(tmp_path, hold_seconds=0.5)
    known = site.moments.present()
    for _ in range(2):  # its place is free again
        assert site.moments.after(known.tag) == (known, True)


def test_what_no_table_knows_is_seen_too(tmp_path: Path) -> None:
    ticks = [0.0]
    said = {"Arriving": NOTHING, "Waiting": NOTHING, "Running": {"Total": 1}, "Progress": 0.1}
    engine = tables_in(tmp_path)
    moments = Moments(lambda: dict(said), Writes(engine), 1, ticks=lambda: ticks[0])
    before = moments.present()
    assert before.busy
    said["Progress"] = 0.2
    assert moments.present() == before, "made a moment ago"
    ticks[0] += BUSY_SECONDS + 0.1
    assert moments.present() != before


@pytest.mark.parametrize(("callers", "places"), [(16, 3), (50, MOST_HELD), (11, 2), (4, 1), (3, 0), (1, 0)])
def test_requests_of_other_kinds_always_find_a_thread(callers: int, places: int) -> None:
    assert places_for(callers) == places
