"""Time limits of the stages that no worker or target limits: whatever hangs in one, its job ends and others go on."""

from __future__ import annotations

import threading
from collections.abc import Callable

from model.errors import TargetFailed

# Seconds at least, and for each slice; 300 slices were measured to take some seconds in any of these stages.
LEAST_SECONDS = 300.0
SECONDS_OF_A_SLICE = 1.0
# Who asks Orthanc is told by the connection; only what hangs elsewhere is still there after this.
GRACE_SECONDS = 60.0


def stage_seconds(slices: int) -> float:
    """Return how long a stage may take that pseudonymises, stores or erases so many slices."""
    return LEAST_SECONDS + SECONDS_OF_A_SLICE * slices


def within(seconds: float, what: str, work: Callable[[], None]) -> None:
    """Run ``work`` and wait for it for so long; raises what it raises, or TargetFailed with STAGE_TIMEOUT.

    A thread cannot be killed: one that hangs is left behind, and what it would still do finds its job ended.
    """
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed on to the thread that waits
            raised.append(error)

    thread = threading.Thread(target=run, name=f"stage-{what}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise timed_out()
    if raised:
        raise raised[0]


def timed_out() -> TargetFailed:
    """Say that a stage took too long; trying it again by itself would only hang again."""
    return TargetFailed(
        "STAGE_TIMEOUT", "A stage of the job did not end in its time and was given up; look at Orthanc and the disks."
    )
