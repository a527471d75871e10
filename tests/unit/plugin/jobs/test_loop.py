"""A loop outlives what its looks fail of, says each failure once, and ends when it is told to."""

from __future__ import annotations

import logging
import threading

import pytest

from plugin.jobs.loop import Loop

logger = logging.getLogger("test.loop")
LONG = 3600.0


def looking(outcomes: list[bool | Exception], seconds: float = 0.0) -> list[str]:
    """Run a loop whose looks end so, one after another, and then stops; returns what it took."""
    loop = Loop("looks", seconds, logger)
    took: list[str] = []

    def look() -> bool:
        if not outcomes:
            loop.stop()
            return False
        outcome = outcomes.pop(0)
        took.append(str(outcome))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    loop.run(look)
    return took


def test_what_fails_time_and_again_is_said_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    looking([OSError("disk"), OSError("disk"), False, OSError("disk"), ValueError("4711")])
    assert [record.getMessage() for record in caplog.records] == [
        "looks met an unexpected OSError; tried again",
        "looks met an unexpected OSError; tried again",
        "looks met an unexpected ValueError; tried again",
    ]


def test_while_there_is_more_to_do_it_does_not_pause() -> None:
    assert looking([True, True, True], seconds=LONG) == ["True"] * 3


def test_a_notification_ends_the_pause_and_so_does_a_stop() -> None:
    loop = Loop("looks", LONG, logger)
    looked: list[int] = []
    again = threading.Event()

    def look() -> bool:
        looked.append(len(looked))
        if len(looked) == 2:
            again.set()
        return False

    thread = threading.Thread(target=loop.run, args=(look,))
    thread.start()
    loop.notify()
    assert again.wait(60)
    loop.stop()
    thread.join(60)
    assert not thread.is_alive()
    assert loop.stopping
