"""What the gateway does by the clock: anchor the chain once a day, tell the audit repository, look for alerts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from model.errors import AutocontourError
from plugin.evidence.service import EvidenceService
from plugin.jobs.wakeup import Wakeup
from plugin.vault.vault import Vault

logger = logging.getLogger(__name__)

TURN_SECONDS = 20.0
# The whole chain is verified this often; 100,000 records take seconds.
VERIFY_TURNS = 3 * 60 * 6


class Deliveries:
    """Hears of each series that went to a service and back, and wakes the clock when that is news for it."""

    def __init__(self, evidence: EvidenceService, clock: Wakeup) -> None:
        self._evidence = evidence
        self._clock = clock

    def delivered(self) -> None:
        """Note that a service works: if it lacks today's head, it can be asked now."""
        if self._evidence.end_pauses(datetime.now(UTC)):
            self._clock.notify()


class Clock:
    """Runs in a thread of its own until stopped."""

    def __init__(
        self,
        evidence: EvidenceService,
        vault: Vault,
        forget: Callable[[datetime], None],
        look_at_versions: Callable[[], None],
        wakeup: Wakeup,
    ) -> None:
        """``forget`` is called once a day and removes what is kept no longer; versions are compared every six hours."""
        self._evidence = evidence
        self._forget = forget
        self._look_at_versions = look_at_versions
        self._vault = vault
        self._stopping = False
        self._wakeup = wakeup

    def stop(self) -> None:
        """Leave the loop."""
        self._stopping = True
        self._wakeup.notify()

    def run(self) -> None:
        """Turn after turn, until stopped."""
        turn = 0
        self._evidence.start()
        self._wakeup.wait(1.0)
        while not self._stopping:
            self.turn(datetime.now(UTC), verify=turn % VERIFY_TURNS == 0)
            turn += 1
            self._wakeup.wait(TURN_SECONDS)

    def turn(self, now: datetime, *, verify: bool) -> None:
        """One round of everything that is due; what fails is logged, keeps nothing else back, and comes again."""
        if verify:
            self._try(self._evidence.verify)
            self._try(self._look_at_versions)
        self._try(lambda: self._vault.sweep())
        self._try(lambda: self._evidence.cross_heads(now))
        self._try(lambda: self._anchor(now))
        self._try(lambda: self._evidence.ask_witnesses(now))
        self._try(self._evidence.tell_audit)
        self._try(lambda: self._evidence.update_alerts(now))

    def _anchor(self, now: datetime) -> None:
        if self._evidence.anchor_due(now):
            self._try(lambda: self._evidence.cross_heads(now, at_once=True))
            self._evidence.anchor(now)
            self._try(lambda: self._evidence.retire(now))
            self._try(lambda: self._forget(now))

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except AutocontourError as error:
            logger.warning("evidence: %s", error.message)
        except Exception as error:  # noqa: BLE001 - the clock must outlive any surprise
            logger.error("evidence met an unexpected %s", type(error).__name__)
