"""A patient's rights as the gateway serves them: each answer counts the series and jobs that it met, so 0 is seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.event import Event
from model.evidence.record import stamp
from plugin.deliver.deliverer import Deliverer
from plugin.evidence.closing import missing_before_close
from plugin.evidence.service import EvidenceService
from plugin.gateway.operations.erasure import JobErasure
from plugin.gateway.operations.portable import PortableCopy
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.quality.forgetting import Forgetting
from plugin.workflow.cancellation import OBJECTED, Cancellation

EXPORT_FORMAT = 1


class Rights:
    """Find, erase, object, withdraw and export, by PatientID as the images have it."""

    def __init__(
        self,
        evidence: EvidenceService,
        jobs: JobStore,
        erasure: JobErasure,
        cancellation: Cancellation,
        comparisons: Forgetting,
        deliverer: Deliverer,
        portable: PortableCopy,
    ) -> None:
        self._evidence = evidence
        self._jobs = jobs
        self._erasure = erasure
        self._cancellation = cancellation
        self._comparisons = comparisons
        self._deliverer = deliverer
        self._portable = portable

    def find(self, patient_id: str) -> dict[str, Any]:
        """Return what was done with a patient's data, job by job; that somebody asked is recorded."""
        return {"Series": self._series(self._codes(patient_id))} | self._evidence.subject(patient_id)

    def erase(self, patient_id: str) -> dict[str, Any]:
        """Erase what is held; evidence stays, without a way back to the person. Raises ERASE_PENDING."""
        met, codes = self._met(patient_id), self._codes(patient_id)
        delivered = sorted({name for job in self._found(codes) for name in self._deliverer.sent_to(job)})
        swept = self._evidence.erase_subject(patient_id, lambda its: self._erasure.erase(its, patient_id))
        return met | {
            "DeliveredTo": delivered,
            "Rows": swept.rows,
            "Files": swept.files,
            "Left": swept.left,
            "OrthancCopies": swept.orthanc_copies,
        }

    def object_to(self, patient_id: str) -> dict[str, Any]:
        """Enter a patient's objection, then end what is open: jobs, transfers at targets elsewhere, deliveries.

        What ends later is on record when it has: the deletion at a target in the certificate of its job.
        """
        self._evidence.object_to(patient_id)
        found = self._found(self._codes(patient_id))
        stopped = [
            job for job in found if not job.state.final and self._cancellation.cancel(job, State.EXCLUDED, OBJECTED)
        ]
        # Also of those that an earlier request stopped, and that a target still has.
        recalled = sum(self._is_elsewhere(job) for job in found)
        reached = self._deliverer.object_to(found)
        return {
            "Objection": True,
            **self._met(patient_id),
            "CancelledJobs": len(stopped),
            "RecalledTransfers": recalled,
            "StoppedDeliveries": reached.stopped,
            "DeliveredTo": list(reached.sent_to),
        }

    def withdraw(self, patient_id: str) -> dict[str, Any]:
        """Take an objection back; ``Withdrawn`` says whether there was one."""
        withdrawn = self._evidence.withdraw_objection(patient_id)
        return {"Objection": False, "Withdrawn": withdrawn} | self._met(patient_id)

    def export(self, patient_id: str) -> dict[str, Any]:
        """All that is held: the answer of ``find``, each job's row, and each job's signed certificate."""
        codes = self._codes(patient_id)
        found = self.find(patient_id)
        rows = {job.evidence_code: job.to_json() for job in self._found(codes)}
        parts = [
            {
                "Held": rows.get(code),
                "Comparisons": self._comparisons.held(code),
                "Certificate": self._certificate(code),
            }
            for code in codes
        ]
        return {
            "Format": EXPORT_FORMAT,
            "Exported": stamp(datetime.now(UTC)),
            **found,
            "Exports": parts,
        }

    def export_zip(self, patient_id: str) -> Iterator[bytes]:
        """Give the same as a ZIP with a file for each thing, and with our structure sets from Orthanc."""
        export = self.export(patient_id)
        codes = self._codes(patient_id)
        jobs = {job.evidence_code: job for job in self._found(codes)}
        return self._portable.pieces(patient_id, export, list(zip(codes, export["Exports"], strict=False)), jobs)

    def _is_elsewhere(self, job: Job) -> bool:
        """Whether something of a job was sent to a target and is not proved or said to be deleted there yet."""
        assert job.evidence_code is not None, "every job is noted with its evidence code"
        return Event.REMOTE_DELETED in missing_before_close(self._evidence.records(job.evidence_code))

    def _certificate(self, code: str) -> dict[str, Any] | None:
        """Return the certificate of a job.

        It is None when the job has not begun, or was ended before it did, and has no record.
        """
        try:
            return self._evidence.certificate(code)
        except EvidenceRefused as error:
            if error.code != "EVIDENCE_UNKNOWN":
                raise
            return None

    def _codes(self, patient_id: str) -> list[str]:
        return self._evidence.subjects.codes_of(patient_id)

    def _met(self, patient_id: str) -> dict[str, Any]:
        codes = self._codes(patient_id)
        return {"Series": self._series(codes), "Jobs": len(codes)}

    def _series(self, codes: Sequence[str]) -> int:
        return len({job.series for job in self._found(codes)})

    def _found(self, codes: Sequence[str]) -> list[Job]:
        found = (self._jobs.by_evidence_code(code) for code in codes)
        return [job for job in found if job is not None]
