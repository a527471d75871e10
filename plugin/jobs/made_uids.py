"""The UIDs of what an attempt of a job makes."""

from __future__ import annotations

import uuid

from model.dicom.uids import uuid_uid
from plugin.jobs.job import Job

INSTANCE = "instance"


def made_uid(job: Job, what: str, attempt: int | None = None) -> str:
    """Return a UID that an attempt of the job makes again each time (PS3.5 B.2), so that storing twice stores one."""
    return made_uid_of(job.id, what, attempt or job.attempt)


def made_uid_of(job_id: str, what: str, attempt: int) -> str:
    """Return such a UID of a job that is known by its id alone."""
    return uuid_uid(uuid.uuid5(uuid.UUID(hex=job_id), f"{what} {attempt}").int)


def structure_set_uids(job: Job) -> frozenset[str]:
    """Return the SOP Instance UID of the RTSTRUCT of each attempt of a job."""
    return frozenset(made_uid(job, INSTANCE, attempt) for attempt in range(1, job.attempt + 1))
