"""Which waiting job starts next: urgent before normal before night, fair between studies, a limit per target.

Deciding is pure (``choose``); the dispatcher asks it again whenever a job comes, ends or may begin.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore, Waiting
from plugin.jobs.targets import TargetState, TargetStore
from plugin.jobs.wakeup import Wakeup
from routing.hours import parse_hours

logger = logging.getLogger(__name__)

RANKS = {"urgent": 0, "normal": 1, "night": 2}
# Without a notification: hours of operation open, back-offs end, another gateway finished a job.
IDLE_SECONDS = 2.0


@dataclass(frozen=True)
class WaitReason:
    """Why a job waits: ``code`` for programs, ``message`` for people, ``until`` in seconds since the epoch if known.

    ``paused`` and ``backing-off`` are of the target, ``hours`` of the rule; ``turn``: others go first; ``soon``: none.
    """

    code: str
    message: str
    until: float | None = None

    def told(self, now: float) -> str:
        """Return the message, with how long it takes where that is short."""
        if self.code != BACKING_OFF or self.until is None:
            return self.message
        return f"{self.message} Next try in {max(0.0, self.until - now):.0f} s."


PAUSED, BACKING_OFF, HOURS, TURN, IN_A_MOMENT = "paused", "backing-off", "hours", "turn", "soon"
SOON = WaitReason(IN_A_MOMENT, "It starts in a moment.")


@dataclass(frozen=True)
class Choice:
    """What may start now, in order, and why each of the others waits (by job id)."""

    start: tuple[str, ...]
    reasons: Mapping[str, WaitReason]


def choose(
    waiting: Sequence[Waiting],
    running: Mapping[str, int],
    targets: Mapping[str, TargetState],
    limit: Callable[[str], int],
    served: Mapping[str, int],
    now: datetime,
) -> Choice:
    """Pick the jobs that may start; ``served`` says, per study, at which turn it was last served.

    Of two jobs of one priority, that of the study longest not served goes first, then the older one.
    """
    reasons: dict[str, WaitReason] = {}
    able: list[Waiting] = []
    for job in waiting:
        reason = _not_now(job, targets.get(job.target), now)
        if reason is None:
            able.append(job)
        else:
            reasons[job.id] = reason
    free = {job.target: limit(job.target) - running.get(job.target, 0) for job in able}
    turns = dict(served)
    turn = max(turns.values(), default=0)
    start: list[str] = []
    while able:
        able.sort(key=lambda job: (RANKS[job.priority], turns.get(job.study, 0), job.created, job.id))
        chosen = next((one for one in able if free[one.target] > 0), None)
        if chosen is None:
            break
        able.remove(chosen)
        free[chosen.target] -= 1
        turn += 1
        turns[chosen.study] = turn
        start.append(chosen.id)
    for job in able:
        message = f"The target {job.target} works on as many jobs as it may; this one waits for its turn."
        reasons[job.id] = WaitReason(TURN, message)
    return Choice(tuple(start), reasons)


def _not_now(job: Waiting, target: TargetState | None, now: datetime) -> WaitReason | None:
    if target is not None and target.paused:
        return WaitReason(PAUSED, f"The target {job.target} is paused; it goes on when someone resumes it.")
    if target is not None and target.seconds_left(now.timestamp()):
        return WaitReason(BACKING_OFF, f"The target {job.target} did not work ({target.reason}).", target.next_try)
    if job.hours:
        opens = parse_hours(job.hours).next_open(now)
        if opens > now:
            return WaitReason(HOURS, f"Its rule lets it start at {opens:%Y-%m-%d %H:%M}.", opens.timestamp())
    return None


class Dispatcher:
    """Starts waiting jobs; one per gateway, in a thread of its own."""

    def __init__(
        self,
        jobs: JobStore,
        targets: TargetStore,
        limit: Callable[[str], int],
        start: Callable[[Job], None],
        wakeup: Wakeup,
    ) -> None:
        """``limit`` says how many jobs of a target may run; ``wakeup`` is notified when a job came or ended."""
        self._jobs = jobs
        self._targets = targets
        self._limit = limit
        self._start = start
        self._served: dict[str, int] = {}
        self._wakeup = wakeup
        self._stopping = threading.Event()
        self.reasons: Mapping[str, WaitReason] = {}

    def stop(self) -> None:
        """Leave the loop."""
        self._stopping.set()
        self._wakeup.notify()

    def run(self) -> None:
        """Loop until stopped; an unexpected error is logged and tried again."""
        while not self._stopping.is_set():
            try:
                self.turn()
            except Exception as error:  # noqa: BLE001 - the queue must outlive any surprise
                logger.error("the queue met an unexpected %s and tries again", type(error).__name__)
            self._wakeup.wait(IDLE_SECONDS)

    def turn(self) -> None:
        """Start what may start now."""
        waiting = self._jobs.waiting()
        if not waiting:
            self.reasons = {}
            return
        now = datetime.fromtimestamp(time.time()).astimezone()
        running = self._jobs.count_by_target(State.RUNNING)
        choice = choose(waiting, running, self._targets.states(), self._limit, self._served, now)
        studies = {job.id: job.study for job in waiting}
        for job_id in choice.start:
            claimed = self._jobs.claim(job_id)
            if claimed is not None:
                self._served[studies[job_id]] = max(self._served.values(), default=0) + 1
                self._start(claimed)
        self.reasons = choice.reasons
        self._served = {study: turn for study, turn in self._served.items() if study in studies.values()}
