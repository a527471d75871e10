"""The targets as the API shows them, and as people pause them."""

from __future__ import annotations

from typing import Any

from plugin.jobs.job import State, iso
from plugin.jobs.store import JobStore
from plugin.jobs.targets import TargetState, TargetStore
from plugin.jobs.wakeup import Wakeup
from plugin.quality.constancy.keeper import REASON
from plugin.settings.settings import LOCAL, Settings

READY, PAUSED, BACKING_OFF = "ready", "paused", "backing-off"


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
        states = self._targets.states()
        running, waiting = (self._jobs.count_by_target(state) for state in (State.RUNNING, State.WAITING))
        return [
            {
                "Name": name,
                "Paused": state.paused,
                "Failures": state.failures,
                "NextTry": iso(state.next_try) if state.next_try else None,
                "Reason": state.reason,
                "Running": running.get(name, 0),
                "Waiting": waiting.get(name, 0),
                "Limit": self._settings.jobs_at_once(name),
            }
            for name in self.names
            for state in (states.get(name) or TargetState(name),)
        ]

    def summary(self) -> list[dict[str, Any]]:
        """Describe every target in short: its kind, whether it takes jobs, and if not, why and until when."""
        return [
            {
                **{key: target[key] for key in ("Name", "Running", "Waiting", "Limit")},
                "Type": self._kind(target["Name"]),
                "State": PAUSED if target["Paused"] else BACKING_OFF if target["Reason"] else READY,
                "Reason": None if target["Paused"] and target["Reason"] != REASON else target["Reason"],
                "NextTry": None if target["Paused"] else target["NextTry"],
            }
            for target in self.show()
        ]

    def _kind(self, name: str) -> str:
        forward = self._settings.forwards.get(name)
        return LOCAL if forward is None else forward.Type

    def pause(self, target: str, paused: bool) -> None:
        """Let no new job of a target start, or let them start again."""
        self._targets.pause(target, paused)
        self._queue.notify()
