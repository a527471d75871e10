"""The life of the gateway process: everything is brought up in order, then series are taken in until it ends."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from model.contours.kernel import slow_tracing
from model.evidence.chain import Chain
from model.pipeline.draw import warm_up
from model.worker.pool import Workers
from plugin.deliver.deliverer import Deliverer
from plugin.erase.sweep import sweep
from plugin.evidence.dossier_files import record_configuration
from plugin.gateway.clock import Clock
from plugin.gateway.operations.readiness import Readiness
from plugin.gateway.waiting import leave_when
from plugin.group.membership import Membership
from plugin.intake.loop import IntakeLoop
from plugin.jobs.failure import failure_of
from plugin.jobs.store import JobStore
from plugin.labels.keeper import LabelKeeper
from plugin.notify.notifier import Notifier
from plugin.quality.alerts.watch import QualityWatch
from plugin.quality.constancy.keeper import ConstancyKeeper
from plugin.quality.keeper import QualityKeeper
from plugin.state.directory import StateDirectory
from plugin.state.disk import is_of_a_full_disk, require_room
from plugin.state.postgresql import require_database, trouble_of
from plugin.vault.vault import Vault
from plugin.version import VERSION
from plugin.workflow.durable import Workflows
from plugin.workflow.queue import Dispatcher
from plugin.workflow.returned import Returned
from plugin.workflow.revival import Revival
from plugin.workflow.takeover import Takeover

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lifecycle:
    """What has to be brought up; ``configuration`` is the digest of the site's section, for the evidence."""

    readiness: Readiness
    membership: Membership
    state: StateDirectory
    database: sa.Engine
    jobs: JobStore
    vault: Vault
    chain: Chain
    configuration: str
    workers: Workers
    workflows: Workflows
    dispatcher: Dispatcher
    clock: Clock
    intake: IntakeLoop
    revival: Revival
    takeover: Takeover | None
    returned: Returned
    notifier: Notifier
    labels: LabelKeeper
    deliverer: Deliverer
    constancy: ConstancyKeeper
    quality: QualityWatch
    comparisons: QualityKeeper

    def run(self) -> None:
        """Bring everything up, then take in series until the process ends; what cannot be brought up is in health."""
        try:
            self._bring_up()
        except Exception as error:  # noqa: BLE001 - shown in health, where the administrator looks
            reason = failure_of(error).message
            self.readiness.set_broken(reason)
            logger.error("the gateway cannot work: %s", reason)
            if trouble_of(error):
                leave_when(partial(require_database, self.database))
            elif is_of_a_full_disk(error):
                leave_when(partial(require_room, self.state.path))
            return
        self.readiness.set_up()
        threading.Thread(target=self.dispatcher.run, name="dispatcher", daemon=True).start()
        threading.Thread(target=self.clock.run, name="clock", daemon=True).start()
        threading.Thread(target=self.revival.run, name="revival", daemon=True).start()
        if self.takeover is not None:
            threading.Thread(target=self.takeover.run, name="takeover", daemon=True).start()
        threading.Thread(target=self.notifier.run, name="notifier", daemon=True).start()
        threading.Thread(target=self.labels.run, name="labels", daemon=True).start()
        threading.Thread(target=self.constancy.run, name="constancy", daemon=True).start()
        threading.Thread(target=self.comparisons.run, name="comparisons", daemon=True).start()
        threading.Thread(target=self.quality.run, name="quality", daemon=True).start()
        self.deliverer.start()
        self.intake.run()

    def _bring_up(self) -> None:
        self.workers.warm_up(warm_up)
        if slow := slow_tracing():
            logger.warning("%s", slow)
        self.membership.join()
        self.intake.begin()
        if self.state.stopped.exists():
            self.jobs.forgive_starts()
            self.comparisons.forgive_tries()
            self.state.stopped.unlink()
        self.returned.clear()
        self.workflows.launch()
        sweep(self.state, self.vault, self.jobs)
        record_configuration(self.chain, self.configuration, VERSION)
        for job in self.jobs.running_here():
            self.workflows.start(job)  # claimed, but perhaps not begun before the gateway was killed
