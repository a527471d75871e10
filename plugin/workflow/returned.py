"""A gateway that was lost and is back: it erases what it still has of jobs that others went on with, and says so."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from model.evidence.chain import Chain
from model.evidence.event import Event
from plugin.erase.erase import erase_folder
from plugin.erase.orthanc_copies import NEVER_MADE, UNKNOWN
from plugin.evidence.closing import present_attempt
from plugin.forward.records import ForwardRecords
from plugin.forward.target import RemoteJob, Target
from plugin.jobs.handovers import Handover, Handovers
from plugin.jobs.job import Job, Stage, State
from plugin.jobs.made_uids import made_uid_of
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc
from plugin.restore.segmentation import INSTANCE as SEGMENTATION
from plugin.state.directory import StateDirectory
from plugin.vault.vault import Vault
from plugin.workflow.records import JobRecords

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Returned:
    """Clears up before anything is begun; what cannot be cleared now is cleared at the next start."""

    handovers: Handovers
    jobs: JobStore
    vault: Vault
    chain: Chain
    orthanc: Orthanc
    state: StateDirectory
    targets: Mapping[str, Target]

    def clear(self) -> int:
        """Clear every job that was lost; returns how many there were."""
        lost = self.handovers.to_clear()
        for one in lost:
            self._clear(one)
            self.handovers.cleared(one)
        if lost:
            logger.warning("%d jobs went on elsewhere while this gateway was away; nothing of them is left", len(lost))
        return len(lost)

    def _clear(self, one: Handover) -> None:
        job = self.jobs.get(one.job)
        begun = one.evidence_code is not None and bool(present_attempt(self.chain.records(one.evidence_code)))
        lost = _as_it_was(one, job)
        if begun:
            self._release(lost)
        erasure = erase_folder(self.state.spool / one.job)
        self._take_back(one, job)
        if not begun:
            return
        records = JobRecords(self.chain, lost)
        key = self.vault.record(one.workflow_id)
        records.erased(erasure, NEVER_MADE if key is None else UNKNOWN)
        if key is not None and key.state == "destroyed":
            records.key_destroyed()
        records.handed_over(one.taker)

    def _release(self, lost: Job) -> None:
        records = ForwardRecords(self.chain, lost, self.state.evidence / "receipts")
        target = self.targets.get(lost.target)
        if target is None:
            # Of an earlier configuration, or of a job that nobody knows any more.
            if records.has(Event.SENT) and not records.has(Event.REMOTE_DELETED):
                records.deleted("NOT_VERIFIED")
            return

        def no_file() -> bytes:
            raise AssertionError("only what is sent needs a file")

        target.release(RemoteJob(lost, self.state.spool / lost.id, records, lambda: False, None, no_file))

    def _take_back(self, one: Handover, job: Job | None) -> None:
        """Delete what was just being stored when this gateway was lost, where the job has come to no result."""
        open_elsewhere = job is not None and not job.state.final
        if open_elsewhere or (job is not None and (job.rtstruct is not None or job.attempt != one.attempt)):
            return
        for what in ("instance", SEGMENTATION):
            uid = made_uid_of(one.job, what, one.attempt)
            for instance in self.orthanc.find_instances({"SOPInstanceUID": uid}):
                self.orthanc.delete_instance(instance)


def _as_it_was(one: Handover, job: Job | None) -> Job:
    """Return the job as the lost gateway knew it; of one that was erased since, what names its work."""
    lost = job or Job(
        id=one.job, key=one.job, series="", study="", content="", rule="", model="", target="", priority="normal",
        state=State.CANCELLED, stage=Stage.ERASE, progress=0.0, created=0.0, updated=0.0, attempt=1, instances=0,
    )  # fmt: skip
    return replace(
        lost, gateway=one.gateway, attempt=one.attempt, takeovers=one.takeovers, evidence_code=one.evidence_code
    )
