"""ERASE: everything pseudonymised is deleted, listed and attested, and the key with it."""

from __future__ import annotations

from model.errors import PrivacyRefused
from plugin.erase.erase import EraseFailed, erase_folder
from plugin.erase.orthanc_copies import NEVER_MADE, UNKNOWN, Copies, remove_copies
from plugin.jobs.job import Job
from plugin.vault.vault import OpenTransfer
from plugin.workflow.context import StageContext


def erase_pseudonymised(work: StageContext, job: Job) -> None:
    """Delete what is pseudonymised, here and at a target; raises EraseFailed while something is left."""
    if job.takeovers:
        work.take_over(job)
    target, records, transfer = work.targets.get(job.target), work.records(job), _still_open(work, job)
    if target is not None and records.begun():
        target.release(work.remote_job(job, transfer))
    erasure = erase_folder(work.folder(job))
    if erasure.missing:
        work.jobs.warn(
            job.id,
            f"{erasure.missing} pseudonymised files were not in the spool to be deleted: who else can reach it?",
        )
    work.take_back_unpublished(job)
    copies = _copies(work, job, transfer)
    if records.begun():
        records.erased(erasure, copies)
    if copies.left:
        raise EraseFailed(
            "ERASE_FAILED", f"{copies.left} pseudonymised copies cannot be deleted from Orthanc.", retry=True
        )
    work.vault.destroy(job.workflow_id)
    if records.begun():
        left = work.vault.record(job.workflow_id)
        if left is not None and left.state == "destroyed":
            records.key_destroyed()


def _copies(work: StageContext, job: Job, transfer: OpenTransfer | None) -> Copies:
    """Asked before the key goes: nobody knows the pseudonym afterwards."""
    if transfer is not None:
        return remove_copies(work.orthanc, transfer.key.pseudonym)
    return NEVER_MADE if work.vault.record(job.workflow_id) is None else UNKNOWN


def _still_open(work: StageContext, job: Job) -> OpenTransfer | None:
    try:
        return work.vault.get(job.workflow_id)
    except PrivacyRefused:
        return None
