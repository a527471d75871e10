"""What the gateway does by the clock: anchor the chain once a day, tell the audit repository, look for alerts."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

from model.errors import AutocontourError
from plugin.evidence.desk import Desk
from plugin.vault.vault import Vault

logger = logging.getLogger(__name__)

TURN_SECONDS = 20.0
# The whole chain is verified this often; 100,000 records take seconds.
VERIFY_TURNS = 3 * 60 * 6


class Clock:
    """Runs in a thread of its own until stopped."""

    def __init__(self, desk: Desk, vault: Vault) -> None:
        self._desk = desk
        self._vault = vault
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Leave the loop."""
        self._stopping.set()

    def run(self) -> None:
        """Turn after turn; what fails is logged by its kind and tried again at the next."""
        turn = 0
        while not self._stopping.wait(TURN_SECONDS if turn else 1.0):
            try:
                self.turn(verify=turn % VERIFY_TURNS == 0)
            except AutocontourError as error:
                logger.warning("evidence: %s", error.message)
            except Exception as error:  # noqa: BLE001 - the clock must outlive any surprise
                logger.error("evidence met an unexpected %s", type(error).__name__)
            turn += 1

    def turn(self, *, verify: bool) -> None:
        """One round of everything that is due."""
        now = datetime.now(UTC)
        if verify:
            self._desk.verify()
        self._vault.sweep(now)
        if self._desk.anchor_due(now):
            self._desk.anchor(now)
            self._desk.retire(now)
        self._desk.tell_audit()
        self._desk.look(now)
