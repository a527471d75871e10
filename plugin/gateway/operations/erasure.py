"""Erases what the gateway holds of jobs: rows, keys, spool; waits for those that are just being ended."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from model.errors import AutocontourError
from model.evidence.record import Record
from plugin.deliver.deliverer import Deliverer
from plugin.erase.erase import erase_folder
from plugin.evidence.closing import closing_record
from plugin.evidence.subjects import PADDING, Swept, canonical_id
from plugin.intake.arrivals import Arrivals
from plugin.intake.modalities import may_hold_images
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc
from plugin.quality.forgetting import Forgetting
from plugin.vault.vault import Vault
from plugin.workflow.cancellation import Cancellation

# How long an erasure waits for a job that it cancelled; one that has no record after so long has made nothing.
CLOSE_SECONDS, UNBEGUN_SECONDS = 30.0, 2.0
LOOK_SECONDS = 0.1


class JobErasure:
    """Erases jobs by their evidence codes; the evidence itself stays.

    ``records`` gives those of a job by its code; ``labels`` takes labels off studies that have no jobs any more.
    """

    def __init__(
        self,
        jobs: JobStore,
        arrivals: Arrivals,
        vault: Vault,
        records: Callable[[str], Sequence[Record]],
        cancellation: Cancellation,
        spool: Path,
        comparisons: Forgetting,
        deliverer: Deliverer,
        orthanc: Orthanc,
        labels: Callable[[Sequence[str]], None] = lambda _studies: None,
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
        self._deliverer = deliverer
        self._orthanc = orthanc
        self._labels = labels
        self._close_seconds = close_seconds
        self._unbegun_seconds = unbegun_seconds

    def erase(self, codes: Sequence[str], patient_id: str) -> Swept:
        """End the jobs behind these codes, and erase what is held of them and of the patient's other series.

        Raises AutocontourError with ERASE_PENDING while a job is still being ended, EraseFailed when files are left.
        """
        # Also of series that no rule wanted: Orthanc's ids are made of the patient's identifiers.
        rows = self._comparisons.erase_series(self._series_of(patient_id))
        files = left = 0
        studies: set[str] = set()
        for code in codes:
            job = self._jobs.by_evidence_code(code)
            # Comparisons may outlive the row of their job.
            its = (None, None) if job is None else (job.series, job.study)
            rows += self._comparisons.erase(code, *its)
            if job is None:
                continue
            studies.add(job.study)
            self._cancellation.cancel(job, State.CANCELLED, "What is held of this patient was erased.")
            if job.state is State.RUNNING:
                self._await_closed(job)
            erasure = erase_folder(self._spool / job.id)
            files, left = files + erasure.files, left + erasure.left
            rows += self._deliverer.erase(job)
            # The row of the job goes last: it leads to the others, should the gateway be killed here.
            self._arrivals.forget(job.series)
            rows += int(self._vault.destroy(job.workflow_id)) + self._jobs.forget(job)
        self._labels(sorted(studies))
        return Swept(rows, files, left)

    def _series_of(self, patient_id: str) -> dict[str, bool]:
        """Return the patient's series in Orthanc by its ids, and whether each may be images.

        Raises TargetFailed while Orthanc cannot be asked.
        """
        names = {orthanc_patient(text) for text in (patient_id.strip(PADDING), canonical_id(patient_id))}
        found = (one for name in sorted(names) for one in self._orthanc.series_of_patient(name))
        return {str(one["ID"]): may_hold_images(one) for one in found}

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


def orthanc_patient(patient_id: str) -> str:
    """Return Orthanc's id of a patient: SHA-1 of the PatientID, in five groups."""
    digest = hashlib.sha1(patient_id.encode(), usedforsecurity=False).hexdigest()
    return "-".join(digest[place : place + 8] for place in range(0, 40, 8))
