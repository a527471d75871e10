"""Goes on with the jobs of gateways of the group that were lost, and stops work here that another gateway ended."""

from __future__ import annotations

import logging
from collections.abc import Callable

from model.errors import AutocontourError
from model.worker.pool import Workers
from plugin.erase.orthanc_copies import remove_copies
from plugin.jobs.handovers import Handover, Handovers
from plugin.jobs.job import Job
from plugin.jobs.loop import Loop
from plugin.jobs.store import JobStore
from plugin.jobs.wakeup import Wakeup
from plugin.pacs.client import Orthanc
from plugin.vault.vault import Vault

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0


class Takeover:
    """Looks in a thread of its own until stopped; one per gateway of a group."""

    def __init__(
        self,
        jobs: JobStore,
        handovers: Handovers,
        vault: Vault,
        orthanc: Orthanc,
        workers: Workers,
        start: Callable[[Job], None],
        cancel_workflow: Callable[[str], None],
        queue: Wakeup,
    ) -> None:
        """``start`` lets a job go on here; ``cancel_workflow`` ends what a lost gateway would resume."""
        self._jobs = jobs
        self._handovers = handovers
        self._vault = vault
        self._orthanc = orthanc
        self._workers = workers
        self._start = start
        self._cancel_workflow = cancel_workflow
        self._queue = queue
        self._keys: dict[str, Handover] = {}
        self._loop = Loop("jobs of other gateways", LOOK_SECONDS, logger)

    def look_now(self, _lost: str = "") -> None:
        """Let the loop look now: a gateway was lost."""
        self._loop.notify()

    def stop(self) -> None:
        """Leave the loop."""
        self._loop.stop()

    def run(self) -> None:
        """Look every few seconds, and at once when a gateway was lost."""
        self._loop.run(self.look)

    def look(self) -> None:
        """Stop what was ended elsewhere, and take what was lost."""
        for job_id in self._jobs.stopped_here():
            self._workers.cancel(job_id)
        taken = self._handovers.take()
        for one in taken:
            logger.warning("job %s: the gateway %s was lost; the job goes on elsewhere", one.job, one.gateway)
            self._keys[one.workflow_id] = one
        for one in taken:
            job = self._jobs.get(one.job)
            if one.taker is not None and job is not None:
                self._start(job)
        if taken:
            self._queue.notify()
        for name, one in list(self._keys.items()):
            self._destroy(one)
            del self._keys[name]

    def _destroy(self, one: Handover) -> None:
        """End what the lost gateway would resume, and destroy the key with which it could put a patient back."""
        self._cancel_workflow(one.workflow_id)
        try:
            transfer = self._vault.get(one.workflow_id)
        except AutocontourError:
            return  # it had none, or it is destroyed
        remove_copies(self._orthanc, transfer.key.pseudonym)
        self._vault.destroy(one.workflow_id)
