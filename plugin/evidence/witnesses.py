"""Who countersigns the chain's head: whether each has today's, when it is asked again, and what it answered wrongly."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from model.backoff import Backoff
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.peer import BACKWARDS, WRONG_ANSWERS, Witness
from model.evidence.record import stamp

# Pauses between attempts while a witness does not answer; a delivered transfer ends the pause.
BACKOFF = Backoff(first=60.0, longest=1800.0)


@dataclass
class _State:
    """What is known of one witness."""

    countersigned: str | None = None
    asked: bool = False
    code: str | None = None
    since: str | None = None
    # The last false answer; it stands until a true one comes, also while none comes at all.
    false: tuple[str, str] | None = None
    next_try: datetime | None = None
    failures: int = 0


class Witnesses:
    """The witnesses of one chain; ``hour`` (UTC) is when a new day's head is due."""

    def __init__(self, witnesses: Sequence[Witness], chain: Chain, hour: int) -> None:
        self._witnesses = tuple(witnesses)
        self._hour = hour
        self._lock = threading.Lock()
        self._states = {witness.name: _State() for witness in witnesses}
        held = {str(record.facts["key"]): record.time for record in chain.records(event=Event.PEER_HEAD)}
        for witness in witnesses:
            self._states[witness.name].countersigned = held.get(witness.key.id)

    @property
    def all(self) -> tuple[Witness, ...]:
        """Every witness."""
        return self._witnesses

    def lacking(self, now: datetime) -> tuple[Witness, ...]:
        """Those that do not hold today's head and may be asked now."""
        due = stamp(last_hour(self._hour, now))
        with self._lock:
            return tuple(
                witness
                for witness in self._witnesses
                for state in (self._states[witness.name],)
                if (state.countersigned is None or state.countersigned < due)
                and (state.next_try is None or now >= state.next_try)
            )

    def note(self, answers: Mapping[str, str | None], now: datetime) -> None:
        """Note what each answered: None when it countersigned, else a code."""
        with self._lock:
            for name, code in answers.items():
                state = self._states[name]
                state.asked = True
                if code is None:
                    self._states[name] = _State(countersigned=stamp(now), asked=True)
                    continue
                if code != state.code:
                    state.code, state.since = code, stamp(now)
                    if is_wrong(code):
                        state.false = (code, stamp(now))
                state.failures += 1
                state.next_try = now + timedelta(seconds=BACKOFF.pause(state.failures))

    def end_pauses(self, now: datetime) -> bool:
        """Note that a transfer went through and end the pauses.

        Returns whether somebody who lacks today's head can be asked.
        """
        with self._lock:
            for state in self._states.values():
                state.next_try, state.failures = None, 0
        return bool(self.lacking(now))

    def shown(self) -> list[dict[str, Any]]:
        """Each witness as health shows it."""
        with self._lock:
            return [
                {"Target": name, "Countersigned": state.countersigned, "Reason": state.code, "Since": state.since}
                for name, state in self._states.items()
            ]

    def false_answers(self) -> tuple[tuple[str, str], ...] | None:
        """Return false answers that stand, as code and since when.

        None while somebody was not asked since the start.
        """
        with self._lock:
            if not all(state.asked for state in self._states.values()):
                return None
            return tuple(state.false for state in self._states.values() if state.false is not None)


def is_wrong(code: str) -> bool:
    """Whether a code tells of a false answer, not of a late one."""
    return code == BACKWARDS or code in WRONG_ANSWERS


def last_hour(hour: int, now: datetime) -> datetime:
    """Return the last time at which a day's head was due."""
    today = now.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if now >= today else today - timedelta(days=1)
