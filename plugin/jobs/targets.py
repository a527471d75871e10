"""What is known of each target while the gateway runs: paused by a person, or backing off after failures."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from model.backoff import Backoff
from plugin.state.database import targets

# Of a target that fails: no new job is sent to it in the meantime.
BACKOFF = Backoff(first=2.0, longest=300.0, factor=3.0)


@dataclass(frozen=True)
class TargetState:
    """One target; ``next_try`` in seconds since the epoch while it backs off, ``reason`` a code."""

    name: str
    paused: bool = False
    failures: int = 0
    next_try: float | None = None
    reason: str | None = None

    def seconds_left(self, now: float) -> float:
        """Tell how long it still backs off; a next try further away than any is of a clock that was set back."""
        left = 0.0 if self.next_try is None else self.next_try - now
        return left if 0 < left <= BACKOFF.longest else 0.0


class TargetStore:
    """Reads and writes the state of targets."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def states(self) -> dict[str, TargetState]:
        """Every target that has a state; one without works and never failed."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(targets)).mappings()
            return {
                row["name"]: TargetState(row["name"], row["paused"], row["failures"], row["next_try"], row["reason"])
                for row in rows
            }

    def pause(self, name: str, paused: bool, reason: str | None = None) -> None:
        """Let no new job of this target start, or let them start again, at once; ``reason`` is a code."""
        self._write(name, {"paused": paused, "failures": 0, "next_try": None, "reason": reason})

    def failed(self, name: str, code: str) -> float:
        """Note a temporary failure; returns when the target is tried next (seconds since the epoch)."""
        failures = self.states().get(name, TargetState(name)).failures + 1
        next_try = self._clock() + BACKOFF.pause(failures)
        self._write(name, {"failures": failures, "next_try": next_try, "reason": code})
        return next_try

    def succeeded(self, name: str) -> None:
        """Note that the target works: its back-off is over."""
        if self.states().get(name, TargetState(name)).failures:
            self._write(name, {"failures": 0, "next_try": None, "reason": None})

    def _write(self, name: str, values: dict[str, object]) -> None:
        known = sa.update(targets).where(targets.c.name == name).values(values)
        with self._engine.begin() as connection:
            if connection.execute(known).rowcount:
                return
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(targets).values({"name": name, "paused": False, "failures": 0} | values))
        except sa.exc.IntegrityError:  # another thread or gateway noted it at the same moment
            with self._engine.begin() as connection:
                connection.execute(known)
