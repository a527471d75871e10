"""What people decided on a job's result, as JSON, FHIR or DICOM SR, and the SR stored in Orthanc on request."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from model.dicom.uids import uuid_uid
from model.evidence.code import printed
from model.evidence.record import Record
from plugin.gateway.operations.readiness import Readiness
from plugin.jobs.job import Job, iso
from plugin.jobs.made_uids import made_uid
from plugin.pacs.client import Orthanc
from plugin.pacs.storing import store
from plugin.quality.assessment.assessed import Assessment, assessment_of, version_of
from plugin.quality.assessment.fhir import assessment_bundle
from plugin.quality.assessment.objects import ObjectNames, ObjectReader
from plugin.quality.assessment.report import assessment_report
from plugin.quality.assessment.vocabulary import SCHEME_UID
from plugin.quality.store import QualityStore
from plugin.version import VERSION


class Assessments:
    """Makes the documents of a job; ``records`` gives the records of an evidence code."""

    def __init__(
        self,
        readiness: Readiness,
        orthanc: Orthanc,
        store: QualityStore,
        objects: ObjectReader,
        records: Callable[[str], list[Record]],
    ) -> None:
        self._readiness = readiness
        self._orthanc = orthanc
        self._store = store
        self._objects = objects
        self._records = records

    def json(self, job: Job, instance: str | None, *, identified: bool) -> dict[str, Any]:
        """Return the decisions of the version that counts, or of one by its instance; raises InputRefused."""
        found = self._assessment(job, instance)
        return _document(found, self._objects.names(found) if identified else None)

    def fhir(self, job: Job, instance: str | None, *, identified: bool) -> dict[str, Any]:
        """Return the same as a FHIR bundle."""
        found = self._assessment(job, instance)
        return assessment_bundle(found, VERSION, self._objects.names(found) if identified else None)

    def report(self, job: Job, instance: str | None) -> bytes:
        """Return the same as a DICOM file with the patient in it."""
        found = self._assessment(job, instance)
        # The same document of the same decision; another release may write it otherwise.
        of = f"{found.version.instance} {found.record.digest} {VERSION}"
        return assessment_report(
            found,
            self._objects.objects(found),
            lambda what: made_uid(job, f"assessment {of} {what}"),
            uuid_uid(uuid.uuid5(uuid.NAMESPACE_OID, f"{SCHEME_UID} {found.record.key}").int),
            VERSION,
            datetime.fromisoformat(found.record.time).astimezone(),
        )

    def keep(self, job: Job, instance: str | None) -> str:
        """Store the report beside the result and read it back; returns Orthanc's id. Storing twice stores one."""
        self._readiness.require()
        return store(self._orthanc, self.report(job, instance), "SR").instance

    def _assessment(self, job: Job, instance: str | None) -> Assessment:
        version = version_of(job, self._store.of_job(job.id), instance)
        return assessment_of(job, version, self._store.rois_of(version), self._records(version.evidence_code))


def _document(found: Assessment, names: ObjectNames | None) -> dict[str, Any]:
    version, record = found.version, found.record
    return {
        "EvidenceCode": printed(version.evidence_code),
        "Model": {"Name": version.model, "Version": found.model_version, "Digest": version.digest},
        "Target": version.target,
        "Version": {
            "Approval": found.approval,
            "Reviewed": None if version.reviewed is None else iso(version.reviewed),
            "Arrived": iso(version.at),
            "Link": str(version.link),
            "Late": version.late,
            "Effective": version.effective,
        },
        "Record": {
            "Sequence": record.sequence,
            "Time": record.time,
            "Digest": record.digest,
            "Key": record.key,
            "Result": str(record.facts["digest"]),
        },
        "Decisions": found.counts,
        "Rois": [roi.document() for roi in found.rois],
        "Warnings": list(version.warnings),
        "Objects": None
        if names is None
        else {
            "Job": found.job.id,
            "Series": found.job.series,
            "Instance": version.instance,
            "Reference": names.ours,
            "Other": names.theirs,
        },
    }
