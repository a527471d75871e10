"""Erases what the gateway holds of jobs: rows, keys, spool; waits for those that are just being ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from model.errors import AutocontourError
from model.evidence.record import Record
from plugin.erase.erase import erase_folder
from plugin.evidence.closing import closing_record
from plugin.evidence.subjects import Swept
from plugin.intake.arrivals import Arrivals
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.quality.forgetting import Forgetting
from plugin.vault.vault import Vault
from plugin.workflow.cancellation import Cancellation

# How long an erasure waits for a job that it cancelled; one that has no record after so long has made nothing.
CLOSE_SECONDS, UNBEGUN_SECONDS = 30.0, 2.0
LOOK_SECONDS = 0.1


class JobErasure:
    """Erases jobs by their evidence codes; the evidence itself stays. ``records`` gives those of a job by its code."""

    def __init__(
        self,
        jobs: JobStore,
        arrivals: Arrivals,
        vault: Vault,
        records: Callable[[str], Sequence[Record]],
        cancellation: Cancellation,
        spool: Path,
        comparisons: Forgetting,
        *,
        close_seconds: float = CLOSE_SECONDS,
        unbegun_seconds: float = UNBEGUN_SECONDS,
    ) -> None:
        self._jobs = jobs
        self._arrivals = arrivals
        self._vault = vault
        self._records = records
        self._cancellation = cancellation
        self._spool = spool
        self._comparisons = comparisons
        self._close_seconds = close_seconds
        self._unbegun_seconds = unbegun_seconds

    def erase(self, codes: Sequence[str]) -> Swept:
        """End the jobs behind these codes and erase what is held of them.

        Raises AutocontourError with ERASE_PENDING while a job is still being ended, EraseFailed when files are left.
        """
        rows = files = left = 0
        for code in codes:
            job = self._jobs.by_evidence_code(code)
            # Comparisons may outlive the row of their job.
            its = (None, None) if job is None else (job.series, job.study)
            rows += self._comparisons.erase(code, *its)
            if job is None:
                continue
            self._cancellation.cancel(job, State.CANCELLED, "What is held of this patient was erased.")
            if job.state is State.RUNNING:
                self._await_closed(job)
            erasure = erase_folder(self._spool / job.id)
            files, left = files + erasure.files, left + erasure.left
            # The row of the job goes last: it leads to the others, should the gateway be killed here.
            self._arrivals.forget(job.series)
            rows += int(self._vault.destroy(job.workflow_id)) + self._jobs.forget(job)
        return Swept(rows, files, left)

    def _await_closed(self, job: Job) -> None:
        """Wait until a job that was cancelled has erased what it made, so that nothing of it comes after its row went.

        Raises AutocontourError with ERASE_PENDING when that takes long.
        """
        assert job.evidence_code is not None, "every job is noted with its evidence code"
        began = time.monotonic()
        while (waited := time.monotonic() - began) < self._close_seconds:
            records = self._records(job.evidence_code)
            if self._jobs.is_elsewhere(job.id):
                time.sleep(LOOK_SECONDS)  # another gateway has not cleared up after it yet
                continue
            if closing_record(records) is not None or (not records and waited >= self._unbegun_seconds):
                return
            time.sleep(LOOK_SECONDS)
        raise AutocontourError(
            "ERASE_PENDING",
            "A job of this patient is still being ended; ask for the erasure again in a minute.",
            retry=True,
        )
