"""The sweep at start: after a crash, nothing may be left of jobs that have ended or that nobody knows."""

from __future__ import annotations

import logging

from plugin.erase.erase import erase_folder
from plugin.jobs.job import Job
from plugin.jobs.store import JobStore
from plugin.state.directory import StateDirectory
from plugin.vault.vault import Vault

logger = logging.getLogger(__name__)


def sweep(state: StateDirectory, vault: Vault, jobs: JobStore) -> int:
    """Delete spool folders and keys whose job is over, or goes on elsewhere; returns how many folders went.

    Gateways of a group share the keys: what another one works with, and what may be of its constancy tests, stays.
    """
    swept = 0
    for folder in sorted(state.spool.iterdir()):
        job = jobs.get(folder.name)
        if job is None or job.state.final or not _is_here(job, jobs):
            erase_folder(folder)
            swept += 1
    for transfer in vault.open_transfers():
        job = jobs.get(transfer.transfer.partition("-")[0])
        if _is_over(transfer.transfer, job, jobs):
            vault.destroy(transfer.transfer)
    vault.sweep()
    if swept:
        logger.warning("swept %d spool folders of jobs that were over", swept)
    return swept


def _is_here(job: Job, jobs: JobStore) -> bool:
    """Whether this gateway works on a job."""
    return jobs.gateway is None or job.gateway == jobs.gateway


def _is_over(transfer: str, job: Job | None, jobs: JobStore) -> bool:
    if jobs.gateway is None:
        return job is None or job.state.final
    if job is None:
        return False  # of a constancy test, or of a job that was erased with its key; its limit ends it
    if transfer != job.workflow_id:
        return True  # of an attempt that ended, or of a gateway that was lost
    return job.state.final and job.gateway in (None, jobs.gateway)
