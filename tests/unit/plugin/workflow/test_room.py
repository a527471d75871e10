"""A gateway without room on its disk, or whose Orthanc is away, starts no job; what never fits is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.backoff import Backoff
from model.errors import AutocontourError
from plugin.jobs.job import Stage
from plugin.pacs.client import SeriesGone
from plugin.workflow import durable, room
from plugin.workflow.durable import _attempt
from plugin.workflow.room import ANSWERS_SECONDS, REMEMBERED_SECONDS, SILENT_SECONDS, Room

MB = 1_000_000


class Site:
    """A disk of 1000 MB, an Orthanc, and a clock that a test turns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.free, self.away, self.asked = 0.0, 900 * MB, False, 0
        monkeypatch.setattr(room, "shortage", lambda _folder, size: "No room." if self.free < size + 64 * MB else None)
        monkeypatch.setattr(room, "could_ever_hold", lambda _folder, size: size + 64 * MB <= 1000 * MB)
        self.room = Room(Path(), self._ask, lambda: self.now)

    def _ask(self) -> None:
        self.asked += 1
        if self.away:
            raise AutocontourError("ORTHANC_UNREACHABLE", "It does not answer.", retry=True)

    def codes(self) -> str | None:
        reason = self.room.reason()
        return None if reason is None else reason.code


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


def test_with_room_and_orthanc_there_is_no_reason(site: Site) -> None:
    assert site.codes() is None
    site.room.require(500 * MB)


def test_a_job_without_room_keeps_the_others_from_starting_until_there_is_room_for_it(site: Site) -> None:
    site.free = 200 * MB
    assert site.codes() is None
    with pytest.raises(AutocontourError) as caught:
        site.room.require(300 * MB)
    assert (caught.value.code, caught.value.retry) == ("DISK_FULL", True)
    assert site.codes() == "disk"
    site.free = 900 * MB
    assert site.codes() is None


def test_a_job_that_asks_no_more_is_forgotten(site: Site) -> None:
    site.free = 200 * MB
    with pytest.raises(AutocontourError):
        site.room.require(300 * MB)
    site.now += REMEMBERED_SECONDS + 1
    assert site.codes() is None


def test_what_is_larger_than_the_disk_is_refused_and_holds_nobody(site: Site) -> None:
    with pytest.raises(AutocontourError) as caught:
        site.room.require(2000 * MB)
    assert not caught.value.retry
    assert site.codes() is None


def test_a_disk_with_next_to_nothing_left_starts_nothing(site: Site) -> None:
    site.free = 10 * MB
    assert site.codes() == "disk"


def test_an_orthanc_that_is_away_is_asked_now_and_then_and_starts_nothing(site: Site) -> None:
    site.away = True
    assert [site.codes(), site.codes()] == ["orthanc", "orthanc"]
    assert site.asked == 1
    site.away = False
    site.now += SILENT_SECONDS
    assert [site.codes(), site.codes()] == [None, None]
    site.now += ANSWERS_SECONDS
    assert site.codes() is None
    assert site.asked == 3


class Stages:
    """Stages whose disk has room at the third look."""

    def __init__(self, failures: list[Exception]) -> None:
        self.failures = failures

    def run(self, _stage: Stage, _job: str) -> None:
        if self.failures:
            raise self.failures.pop(0)


def full(*, retry: bool) -> Exception:
    return AutocontourError("DISK_FULL", "No room.", retry=retry)


@pytest.mark.parametrize("stage", [Stage.PSEUDONYMISE, Stage.DRAW, Stage.STORE])
def test_a_job_waits_for_room_however_long_and_no_attempt_is_counted(
    monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    monkeypatch.setattr(durable, "ROOM_SECONDS", 0.0)
    monkeypatch.setattr(durable, "RETRY_BACKOFF", Backoff(first=0.0, longest=0.0))
    failures = [full(retry=True) for _ in range(50)] + [OSError(28, "No space left on device")]
    assert _attempt(Stages(failures), stage, "job") is None  # type: ignore[arg-type]
    assert failures == []


def test_a_job_that_never_fits_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "ROOM_SECONDS", 0.0)
    record = _attempt(Stages([full(retry=False)]), Stage.PSEUDONYMISE, "job")  # type: ignore[arg-type]
    assert record is not None
    assert record["code"] == "DISK_FULL"


def test_what_is_gone_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "ROOM_SECONDS", 0.0)
    record = _attempt(Stages([full(retry=True), SeriesGone("SERIES_GONE", "It is gone.")]), Stage.PSEUDONYMISE, "job")  # type: ignore[arg-type]
    assert record is not None
    assert record["state"] == "cancelled"
