"""The targets as the API shows them, and as people pause them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from plugin.jobs.job import iso
from plugin.jobs.store import JobStore
from plugin.jobs.targets import TargetState, TargetStore
from plugin.jobs.wakeup import Wakeup
from plugin.settings.settings import Settings


class TargetOperations:
    """Shows and pauses the configured targets; ``queue`` is woken when one works again."""

    def __init__(self, settings: Settings, targets: TargetStore, jobs: JobStore, queue: Wakeup) -> None:
        self._settings = settings
        self._targets = targets
        self._jobs = jobs
        self._queue = queue

    @property
    def names(self) -> tuple[str, ...]:
        """Every configured target."""
        return self._settings.targets

    def show(self) -> list[dict[str, Any]]:
        """Describe every target: whether it is paused or backs off, and how many jobs it has."""
        states, running = self._targets.states(), self._jobs.running_by_target()
        waiting = Counter(job.target for job in self._jobs.waiting())
        return [
            {
                "Name": name,
                "Paused": state.paused,
                "Failures": state.failures,
                "NextTry": iso(state.next_try) if state.next_try else None,
                "Reason": state.reason,
                "Running": running.get(name, 0),
                "Waiting": waiting[name],
                "Limit": self._settings.jobs_at_once(name),
            }
            for name in self.names
            for state in (states.get(name) or TargetState(name),)
        ]

    def pause(self, target: str, paused: bool) -> None:
        """Let no new job of a target start, or let them start again."""
        self._targets.pause(target, paused)
        self._queue.notify()
