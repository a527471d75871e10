"""A reference series goes the way of a job without being one: pseudonymised, drawn here or at its target, measured.

The parts are those that jobs use. Nothing of it is stored in Orthanc, and no job is noted: the table of constancy
runs knows it, and its records have an evidence code of their own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from model.burned_in.policy import BurnedInText
from model.errors import InputRefused, PrivacyRefused
from model.evidence.chain import Chain
from model.pipeline.draw import IMAGES, Drawn, draw_series
from model.pipeline.time_limit import drawing_seconds
from model.worker.pool import Workers
from plugin.erase.erase import EraseFailed, erase_folder
from plugin.erase.orthanc_copies import NEVER_MADE, UNKNOWN, remove_copies
from plugin.forward.records import ForwardRecords
from plugin.forward.target import RemoteJob, Target
from plugin.jobs.job import Job, Stage, State
from plugin.jobs.made_uids import made_uid
from plugin.pacs.client import Orthanc
from plugin.pacs.series import SeriesReader
from plugin.privacy.pseudonymise import pseudonymise
from plugin.quality.constancy.masks import DrawnMasks, drawn_masks
from plugin.quality.constancy.run import Drawing, Run
from plugin.settings.constancy import ConstancyTest
from plugin.settings.settings import LOCAL, Settings
from plugin.state.directory import StateDirectory
from plugin.state.disk import require_space
from plugin.vault.vault import OpenTransfer, Vault
from plugin.workflow.records import JobRecords
from plugin.workflow.reference_series import ReferenceSeries, reference_series

MEASURE_SECONDS = 1800


@dataclass(frozen=True)
class ReferenceRuns:
    """See ``plugin.quality.constancy.run.Drawer``."""

    orthanc: Orthanc
    reader: SeriesReader
    vault: Vault
    chain: Chain
    workers: Workers
    state: StateDirectory
    settings: Settings
    targets: Mapping[str, Target]

    def draw(self, test: ConstancyTest, run: Run, baseline: bytes | None) -> Drawing:
        """Draw the reference series of a test and compare it with the voxels of a baseline."""
        source = reference_series(test, self.orthanc, self.reader)
        job = _job(test, run, len(source.instances))
        place = self.state.spool / job.id / IMAGES
        key = self.vault.open_transfer(job.workflow_id, test.key, hours=self.settings.privacy.transfer_hours)
        require_space(self.state.spool, source.most_bytes)
        clean = pseudonymise(source.instances, source.native, key, self.settings.privacy, place, {**source.frames})
        JobRecords(self.chain, job).deidentified(clean, {})
        digest, version = self._drawn(test, job, source)
        masks: DrawnMasks = self.workers.run(
            job.id, drawn_masks, self.state.spool / job.id, baseline, seconds=MEASURE_SECONDS
        )
        return Drawing(masks, source.digest, digest, version)

    def clear(self, test: ConstancyTest, run: Run) -> None:
        """Delete what a run left, here and at its target, and the key of its transfer."""
        job = _job(test, run, 0)
        records, transfer = JobRecords(self.chain, job), self._still_open(job)
        target = self.targets.get(test.Target)
        if target is not None and records.begun():
            target.release(self._remote(job, transfer, b""))
        erasure = erase_folder(self.state.spool / job.id)
        if transfer is not None:
            copies = remove_copies(self.orthanc, transfer.key.pseudonym)
        else:
            copies = NEVER_MADE if self.vault.record(job.workflow_id) is None else UNKNOWN
        if records.begun():
            records.erased(erasure, copies)
        if copies.left:
            raise EraseFailed(
                "ERASE_FAILED", f"{copies.left} pseudonymised copies cannot be deleted from Orthanc.", retry=True
            )
        self.vault.destroy(job.workflow_id)
        left = self.vault.record(job.workflow_id)
        if records.begun() and left is not None and left.state == "destroyed":
            records.key_destroyed()

    def _drawn(self, test: ConstancyTest, job: Job, source: ReferenceSeries) -> tuple[str, str]:
        """Draw here or at the target; returns digest and version of the model, as far as they are told."""
        target = self.targets.get(test.Target)
        if target is not None:
            first = source.first_file()
            details = target.draw(self._remote(job, self.vault.get(job.workflow_id), first))
            used = details.algorithm
            return (used.digest, used.version) if used is not None else ("", "0")
        if test.Target != LOCAL:
            raise InputRefused("NO_TARGET", f"The configuration has no target {test.Target} any more.")
        drawn: Drawn = self.workers.run(
            job.id,
            draw_series,
            self.state.spool / job.id,
            test.Model,
            made_uid(job, "pseudonymous series"),
            made_uid(job, "pseudonymous instance"),
            datetime.now(UTC).astimezone(),
            self.settings.models_directory,
            None,
            BurnedInText.OFF,  # the sender looked
            self.settings.wishes,
            seconds=drawing_seconds(self.settings.job_seconds, test.Model, job.instances),
        )
        return drawn.digest, drawn.version

    def _remote(self, job: Job, transfer: OpenTransfer | None, first_file: bytes) -> RemoteJob:
        records = ForwardRecords(self.chain, job, self.state.evidence / "receipts")
        return RemoteJob(job, self.state.spool / job.id, records, lambda: True, transfer, lambda: first_file)

    def _still_open(self, job: Job) -> OpenTransfer | None:
        try:
            return self.vault.get(job.workflow_id)
        except PrivacyRefused:
            return None


def _job(test: ConstancyTest, run: Run, instances: int) -> Job:
    """Return a run in the shape in which targets and records know work; it is in no table of jobs."""
    now = time.time()
    return Job(
        id=run.id,
        key=run.id,
        series=test.key,
        study="",
        content="",
        rule="",
        model=test.Model,
        target=test.Target,
        priority="normal",
        state=State.RUNNING,
        stage=Stage.DRAW,
        progress=0.0,
        created=now,
        updated=now,
        attempt=1,
        instances=instances,
        evidence_code=run.evidence_code,
    )
