"""A series whose patient was corrected in Orthanc: its jobs are found under the corrected one, an objection goes along.

Orthanc makes another series of it, under the corrected PatientID, and says of which one. Whether it does the same for
contours that were delivered elsewhere nobody knows: both jobs say where they went.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from model.evidence.chain import Chain
from plugin.evidence.subjects import Subjects
from plugin.intake.inspection import Inspection
from plugin.jobs.job import Job
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc, SeriesGone

logger = logging.getLogger(__name__)

# More than any series has.
ALL = 1000
INHERITED = (
    "The patient objected under the PatientID that this series had before Orthanc corrected it: the objection was "
    "entered for the corrected one too. POST /autocontour/subjects/withdraw takes it back."
)
DELIVERED = (
    "Its patient was corrected in Orthanc after the contours of job {job} were sent to {destinations}: what lies there "
    "bears the earlier patient; correct or delete it there."
)


class Corrections:
    """Follows a corrected patient; ``sent_to`` names the destinations that have, or may have, a job's result."""

    def __init__(
        self, orthanc: Orthanc, jobs: JobStore, subjects: Subjects, chain: Chain, sent_to: Callable[[Job], list[str]]
    ) -> None:
        self._orthanc = orthanc
        self._jobs = jobs
        self._subjects = subjects
        self._chain = chain
        self._sent_to = sent_to

    def objected_before(self, series: str, source: str) -> bool:
        """Whether the patient objected from whose series ``source`` Orthanc made a series that has no jobs yet.

        One that has jobs was decided on: from then on only an objection under its own PatientID counts.
        """
        if self._jobs.list(series=series, limit=1):
            return False
        codes = (job.evidence_code for job in self._of(source))
        if any(self._subjects.objected(code) for code in codes if code is not None):
            return True
        try:
            study = str(self._orthanc.series(source)["ParentStudy"])
            return self._subjects.has_objected(self._orthanc.patient_id_of(study))
        except SeriesGone:
            return False

    def carry_objection(self, inspection: Inspection) -> None:
        """Enter an objection that a series inherits for its corrected patient, before anything is decided on."""
        if inspection.inherits_objection:
            for patient_id in inspection.subject.patient_ids:
                self._subjects.set_objection(patient_id, self._chain)

    def about(self, inspection: Inspection) -> tuple[str, ...]:
        """Say for the jobs of a corrected series what is to be known of the patient that it had."""
        inherited = (INHERITED,) if inspection.inherits_objection else ()
        return (*inherited, *self._delivered(inspection).values())

    def follow(self, inspection: Inspection) -> None:
        """Let the jobs of the series as it was be found under the corrected patient, once it is gone from Orthanc.

        While it is still there, it is a series of the earlier patient, and so are its jobs.
        """
        source = inspection.made_from
        if source is None:
            return
        for job, sentence in self._delivered(inspection).items():
            self._jobs.note_afterwards(job, sentence)
            logger.warning("job %s: contours were delivered before their patient was corrected in Orthanc", job)
        moved = [str(job.evidence_code) for job in self._corrected(inspection)]
        if moved and not self._orthanc.exists("series", source):
            self._subjects.move(moved, inspection.subject.patient_ids, self._chain)

    def _delivered(self, inspection: Inspection) -> dict[str, str]:
        """Return a sentence for each job of the series as it was whose result went somewhere, by the job's id."""
        sent = {job.id: self._sent_to(job) for job in self._corrected(inspection)}
        return {job: DELIVERED.format(job=job, destinations=", ".join(names)) for job, names in sent.items() if names}

    def _corrected(self, inspection: Inspection) -> list[Job]:
        """Return the jobs of the series as it was that are not noted under its patient as it is."""
        if inspection.made_from is None:
            return []
        patients = inspection.subject.patient_ids
        return [
            job
            for job in self._of(inspection.made_from)
            if job.evidence_code is not None
            and any(not self._subjects.is_of(job.evidence_code, patient) for patient in patients)
        ]

    def _of(self, series: str) -> list[Job]:
        return self._jobs.list(series=series, limit=ALL)
