"""A patient's rights as the gateway serves them: each answer counts the series and jobs that it met, so 0 is seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.record import stamp
from plugin.evidence.service import EvidenceService
from plugin.gateway.operations.erasure import JobErasure
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.quality.forgetting import Forgetting
from plugin.workflow.cancellation import Cancellation

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
    ) -> None:
        self._evidence = evidence
        self._jobs = jobs
        self._erasure = erasure
        self._cancellation = cancellation
        self._comparisons = comparisons

    def find(self, patient_id: str) -> dict[str, Any]:
        """Return what was done with a patient's data, job by job; that somebody asked is recorded."""
        return {"Series": self._series(self._codes(patient_id))} | self._evidence.subject(patient_id)

    def erase(self, patient_id: str) -> dict[str, Any]:
        """Erase what is held; evidence stays, without a way back to the person. Raises ERASE_PENDING."""
        met = self._met(patient_id)
        swept = self._evidence.erase_subject(patient_id, self._erasure.erase)
        return met | {
            "Rows": swept.rows,
            "Files": swept.files,
            "Left": swept.left,
            "OrthancCopies": swept.orthanc_copies,
        }

    def object_to(self, patient_id: str) -> dict[str, Any]:
        """Enter a patient's objection, then end what is open."""
        self._evidence.object_to(patient_id)
        reason = "The patient objected to the processing."
        open_jobs = [job for job in self._found(self._codes(patient_id)) if not job.state.final]
        ended = sum(self._cancellation.cancel(job, State.EXCLUDED, reason) for job in open_jobs)
        return {"Objection": True} | self._met(patient_id) | {"CancelledJobs": ended}

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
            "ObjectionSince": self._evidence.subjects.objection_since(patient_id),
            **found,
            "Exports": parts,
        }

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
