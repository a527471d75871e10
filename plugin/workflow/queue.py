"""Which waiting job starts next: urgent before normal before night, fair between studies, a limit per target.

The dispatcher looks whenever a job comes, ends or may begin. However many wait, it reads the first of each group alone,
so that none is hidden behind others that cannot start; why a job waits is told when somebody asks.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from plugin.jobs.job import Job
from plugin.jobs.store import JobStore
from plugin.jobs.targets import TargetState, TargetStore
from plugin.jobs.waiting import Waiting, WaitingJobs
from plugin.jobs.wakeup import Wakeup
from plugin.settings.settings import LOCAL
from routing.hours import parse_hours

logger = logging.getLogger(__name__)

# Without a notification: hours of operation open, back-offs end, another gateway finished a job.
IDLE_SECONDS = 2.0


@dataclass(frozen=True)
class WaitReason:
    """Why a job waits: ``code`` for programs, ``message`` for people, ``until`` in seconds since the epoch if known.

    ``paused`` and ``backing-off`` are of the target, ``hours`` of the rule, ``disk`` and ``orthanc`` of this gateway;
    ``turn``: others go first; ``soon``: none.
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
DISK, ORTHANC = "disk", "orthanc"
SOON = WaitReason(IN_A_MOMENT, "It starts in a moment.")


@dataclass(frozen=True)
class Standing:
    """What keeps jobs waiting at one moment.

    The states of targets; ``full`` are those that work on as many jobs as they may; ``held`` says why this gateway
    starts nothing at all.
    """

    targets: Mapping[str, TargetState] = field(default_factory=dict)
    full: frozenset[str] = frozenset()
    held: WaitReason | None = None

    def reason(self, target: str, hours: str, now: datetime) -> WaitReason | None:
        """Return why a job of this target and these hours cannot start; None when it only needs a free place."""
        state = self.targets.get(target)
        if state is not None and state.paused:
            return WaitReason(PAUSED, f"The target {target} is paused; it goes on when someone resumes it.")
        if state is not None and state.seconds_left(now.timestamp()):
            return WaitReason(BACKING_OFF, f"The target {target} did not work ({state.reason}).", state.next_try)
        if hours:
            opens = parse_hours(hours).next_open(now)
            if opens > now:
                return WaitReason(HOURS, f"Its rule lets it start at {opens:%Y-%m-%d %H:%M}.", opens.timestamp())
        return self.held

    def told(self, target: str, hours: str, now: datetime) -> WaitReason:
        """Return why a job waits."""
        reason = self.reason(target, hours, now)
        if reason is None and target in self.full:
            message = f"The target {target} works on as many jobs as it may; this one waits for its turn."
            return WaitReason(TURN, message)
        return reason or SOON


def choose(able: Iterable[Waiting], free: Mapping[str, int]) -> list[Waiting]:
    """Pick the jobs that start, in order: of each target as many as are free there."""
    left = dict(free)
    chosen: list[Waiting] = []
    for job in sorted(able, key=lambda one: one.place):
        if left.get(job.group.target, 0) > 0:
            left[job.group.target] -= 1
            chosen.append(job)
    return chosen


class Dispatcher:
    """Starts waiting jobs; one per gateway, in a thread of its own."""

    def __init__(
        self,
        jobs: JobStore,
        targets: TargetStore,
        limit: Callable[[str], int],
        start: Callable[[Job], None],
        wakeup: Wakeup,
        waiting: WaitingJobs,
        held: Callable[[], WaitReason | None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``limit`` says how many jobs of a target may run; ``wakeup`` is notified when a job came or ended.

        ``held`` says why this gateway starts no job at all, None when it may.
        """
        self._jobs = jobs
        self._waiting = waiting
        self._targets = targets
        self._limit = limit
        self._start = start
        self._wakeup = wakeup
        self._stopping = threading.Event()
        self._held = held
        self._clock = clock
        self._standing = Standing()

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
        """Start what may start now; of what waits, only the first of each group are read."""
        with self._jobs.choosing():
            claimed = self._claimed()
        for job in claimed:
            self._start(job)

    def _claimed(self) -> list[Job]:
        groups = self._waiting.groups()
        if not groups:
            self._standing = Standing()
            return []
        now = self._now()
        running = self._jobs.running_by_target(LOCAL)
        free = {name: self._limit(name) - running.get(name, 0) for name in {group.target for group in groups}}
        standing = Standing(self._targets.states(), held=self._held())
        able = [group for group in groups if standing.reason(group.target, group.hours, now) is None]
        # As many of each group as could start if nothing else did.
        first = [
            job for group in able if free[group.target] > 0 for job in self._waiting.first(group, free[group.target])
        ]
        claimed: list[Job] = []
        for job in choose(first, free):
            if (one := self._jobs.claim(job.id)) is not None:
                free[job.group.target] -= 1
                claimed.append(one)
        self._standing = replace(standing, full=frozenset(name for name, places in free.items() if places <= 0))
        return claimed

    def reason(self, target: str, hours: str) -> WaitReason:
        """Return why a waiting job of this target and these hours of operation has not started."""
        return self._standing.told(target, hours, self._now())

    @property
    def held(self) -> str | None:
        """Why this gateway starts no job at all; None when it does."""
        return None if self._standing.held is None else self._standing.held.message

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock()).astimezone()
