"""A loop that waits is woken by news, also by those that came while it worked."""

from __future__ import annotations

import threading

from plugin.jobs.wakeup import Wakeup

# Far above what a crowded machine needs, and far below what the test would wait for nothing.
FOREVER = 600.0


def test_what_was_notified_while_the_loop_worked_ends_its_next_wait() -> None:
    wakeup = Wakeup()
    wakeup.notify()
    wakeup.notify()
    wakeup.wait(FOREVER)


def test_notifications_are_not_counted() -> None:
    wakeup = Wakeup()
    wakeup.notify()
    wakeup.notify()
    wakeup.wait(FOREVER)
    woken = threading.Event()

    def waits() -> None:
        wakeup.wait(FOREVER)
        woken.set()

    threading.Thread(target=waits, daemon=True).start()
    assert not woken.wait(0.05), "the two were one"
    wakeup.notify()
    assert woken.wait(FOREVER)


def test_a_wait_ends_by_itself() -> None:
    Wakeup().wait(0.01)
