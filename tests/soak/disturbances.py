"""Kills at random, seeded: a gateway is killed or frozen, or PostgreSQL drops every connection."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import psycopg

from tests.builders.gateway_group import GatewayProcess
from tests.builders.postgresql import PostgresProcess

# Between two of them (seconds): a gateway comes up meanwhile, most often.
PAUSES = (10.0, 40.0)
# Longer than a group waits for a gateway that does not answer.
FROZEN_SECONDS = 20.0
KINDS, WEIGHTS = ("killed", "frozen", "connections dropped"), (3, 2, 2)


class Disturbances:
    """``spared`` names the gateway that is neither killed nor frozen now, so that its samples are a long row."""

    def __init__(
        self, seed: int, gateways: list[GatewayProcess], server: PostgresProcess, spared: Callable[[], int]
    ) -> None:
        self._chance = random.Random(seed)
        self._gateways, self._server, self._spared = gateways, server, spared
        self.done: Counter[str] = Counter()

    def run(self, over: threading.Event) -> None:
        """Disturb until it is over; nobody is frozen afterwards."""
        while not over.wait(self._chance.uniform(*PAUSES)):
            kind = self._chance.choices(KINDS, WEIGHTS)[0]
            victims = [one for number, one in enumerate(self._gateways) if number != self._spared()]
            victim = self._chance.choice(victims)
            if kind == "connections dropped":
                # One that ends by itself meanwhile is none of ours.
                with suppress(psycopg.OperationalError):
                    self._server.drop_connections()
                self._note(kind)
            elif victim.alive and sent(victim.pid, signal.SIGKILL if kind == "killed" else signal.SIGSTOP):
                pid = victim.pid
                self._note(f"gateway {kind}", f" {1 + self._gateways.index(victim)}")
                if kind == "frozen":
                    over.wait(FROZEN_SECONDS)
                    sent(pid, signal.SIGCONT)

    def _note(self, kind: str, whose: str = "") -> None:
        self.done[kind] += 1
        print(f"{kind}{whose}", flush=True)


def sent(pid: int, what: signal.Signals) -> bool:
    """Send a signal; False where the process is gone."""
    try:
        os.kill(pid, what)
    except ProcessLookupError:
        return False
    return True
