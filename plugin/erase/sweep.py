"""The sweep at start: after a crash, nothing may be left of jobs that have ended or that nobody knows."""

from __future__ import annotations

import logging

from plugin.erase.erase import erase_folder
from plugin.jobs.store import JobStore
from plugin.state.directory import StateDirectory
from plugin.vault.vault import Vault

logger = logging.getLogger(__name__)


def sweep(state: StateDirectory, vault: Vault, jobs: JobStore) -> int:
    """Delete spool folders and keys whose job is over; returns how many folders went."""
    swept = 0
    for folder in sorted(state.spool.iterdir()):
        job = jobs.get(folder.name)
        if job is None or job.state.final:
            erase_folder(folder)
            swept += 1
    for transfer in vault.open_transfers():
        job = jobs.get(transfer.transfer.partition("-")[0])
        if job is None or job.state.final:
            vault.destroy(transfer.transfer)
    vault.sweep()
    if swept:
        logger.warning("swept %d spool folders of jobs that were over", swept)
    return swept
