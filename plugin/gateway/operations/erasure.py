"""Erases what the gateway holds of jobs: rows, keys, spool; waits for those that are just being ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from model.errors import AutocontourError
from model.evidence.chain import Chain
from plugin.erase.erase import erase_folder
from plugin.evidence.closing import closing_record
from plugin.evidence.subjects import Swept
from plugin.intake.arrivals import Arrivals
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.vault.vault import Vault
from plugin.workflow.cancellation import Cancellation

# How long an erasure waits for a job that it cancelled; one that has no record after so long has made nothing.
CLOSE_SECONDS, UNBEGUN_SECONDS = 30.0, 2.0
LOOK_SECONDS = 0.1


class JobErasure:
    """Erases jobs by their evidence codes; the evidence itself stays."""

    def __init__(
        self,
        jobs: JobStore,
        arrivals: Arrivals,
        vault: Vault,
        chain: Chain,
        cancellation: Cancellation,
        spool: Path,
        *,
        close_seconds: float = CLOSE_SECONDS,
        unbegun_seconds: float = UNBEGUN_SECONDS,
    ) -> None:
        self._jobs = jobs
        self._arrivals = arrivals
        self._vault = vault
        self._chain = chain
        self._cancellation = cancellation
        self._spool = spool
        self._close_seconds = close_seconds
        self._unbegun_seconds = unbegun_seconds

    def erase(self, codes: Sequence[str]) -> Swept:
        """End the jobs behind these codes and erase what is held of them.

        Raises AutocontourError with ERASE_PENDING while a job is still being ended, EraseFailed when files are left.
        """
        rows = files = left = 0
        for code in codes:
            job = self._jobs.by_evidence_code(code)
            if job is None:
                continue
            self._cancellation.cancel(job, State.CANCELLED, "What is held of this patient was erased.")
            if job.state is State.RUNNING:
                self._await_closed(job)
            erasure = erase_folder(self._spool / job.id)
            files, left = files + erasure.files, left + erasure.left
            rows += int(self._vault.destroy(job.workflow_id)) + self._jobs.forget(job)
            self._arrivals.forget(job.series)
        return Swept(rows, files, left)

    def _await_closed(self, job: Job) -> None:
        """Wait until a job that was cancelled has erased what it made, so that nothing of it comes after its row went.

        Raises AutocontourError with ERASE_PENDING when that takes long.
        """
        assert job.evidence_code is not None, "every job is noted with its evidence code"
        began = time.monotonic()
        while (waited := time.monotonic() - began) < self._close_seconds:
            records = self._chain.records(job.evidence_code)
            if closing_record(records) is not None or (not records and waited >= self._unbegun_seconds):
                return
            time.sleep(LOOK_SECONDS)
        raise AutocontourError(
            "ERASE_PENDING",
            "A job of this patient is still being ended; ask for the erasure again in a minute.",
            retry=True,
        )
