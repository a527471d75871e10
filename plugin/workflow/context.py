"""What the stages of a job share: parts of the gateway, the job's folder, and its series as it is now."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from model.errors import InputRefused
from model.evidence.chain import Chain
from model.worker.pool import Workers
from plugin.forward.records import ForwardRecords
from plugin.forward.target import RemoteJob, Target
from plugin.group.membership import Alone, GatewayFenced, Membership
from plugin.jobs.details import JobDetails
from plugin.jobs.handovers import Handovers
from plugin.jobs.job import Job
from plugin.jobs.made_uids import made_uid
from plugin.jobs.meters import JobMeters
from plugin.jobs.row import JobRow
from plugin.jobs.store import JobStore
from plugin.jobs.wakeup import Wakeup
from plugin.pacs.client import Orthanc
from plugin.pacs.content import Content
from plugin.pacs.series import SeriesReader, SeriesSnapshot
from plugin.pacs.slices import Slices
from plugin.restore.segmentation import INSTANCE as SEGMENTATION
from plugin.settings.settings import Settings
from plugin.state.directory import StateDirectory
from plugin.vault.vault import OpenTransfer, Vault
from plugin.workflow.commissioned import CommissionedModels
from plugin.workflow.face import Faces
from plugin.workflow.records import JobRecords


@dataclass(frozen=True)
class StageContext:
    """The parts of the gateway, and what every stage asks of them."""

    orthanc: Orthanc
    reader: SeriesReader
    jobs: JobStore
    vault: Vault
    chain: Chain
    workers: Workers
    state: StateDirectory
    settings: Settings
    targets: Mapping[str, Target] = field(default_factory=dict)
    queue: Wakeup = field(default_factory=Wakeup)  # notified whenever a job has ended: another may start
    meters: JobMeters = field(default_factory=JobMeters)
    # Told of each stored result, which may have to be delivered.
    stored: Callable[[Job], None] = lambda job: None
    commissioned: CommissionedModels | None = None
    faces: Faces = field(default_factory=Faces)
    membership: Membership = field(default_factory=Alone)
    # Where gateways share the jobs.
    handovers: Handovers | None = None
    # Raises AutocontourError with DISK_FULL where a series of so many bytes has no room.
    require_room: Callable[[int], None] = lambda _size: None
    objected: Callable[[str], bool] = lambda _code: False

    def note_seconds(self, job_id: str, part: str, started: float) -> None:
        """Note in the job how long a part took."""
        self.jobs.merge_details(job_id, JobDetails(timings={part: round(time.perf_counter() - started, 3)}))

    def take_over(self, job: Job) -> None:
        """Say that this gateway goes on with the job of one that was lost."""
        lost = self.handovers.begun(job.id, job.attempt) if self.handovers is not None else None
        if lost is not None:
            self.records(job).taken_over(lost)

    def require_own(self, job: Job) -> None:
        """Raise GatewayFenced where another gateway goes on with the job, or may: nothing more is written here."""
        self.membership.require()
        if not self.jobs.owns(job.id, job.takeovers):
            raise GatewayFenced

    def records(self, job: Job) -> JobRecords:
        """Return what writes the job's records."""
        return JobRecords(self.chain, job, self.membership.require)

    def take_back_unpublished(self, job: Job) -> None:
        """Delete what an attempt stored that was cut off before it had looked at it: nothing attests it."""
        if job.rtstruct is None:
            self.require_own(job)  # another gateway may have stored the same object since
            for what in ("instance", SEGMENTATION):
                for instance in self.orthanc.find_instances({"SOPInstanceUID": made_uid(job, what)}):
                    self.orthanc.delete_instance(instance)

    def remote_job(self, job: Job, transfer: OpenTransfer | None) -> RemoteJob:
        """Return the job as its target knows it; ``transfer`` is None once its key is gone."""

        def wanted() -> bool:
            now = self.jobs.get(job.id)
            return now is not None and not now.state.final

        records = ForwardRecords(self.chain, job, self.state.evidence / "receipts")

        def first_file() -> bytes:
            return self.orthanc.instance_header(self.chosen(job).instances[0])

        return RemoteJob(job, self.folder(job), records, wanted, transfer, first_file)

    def chosen(self, job: Job) -> Slices:
        """Return the slices that are contoured; refused when the series is not the job's any more."""
        return self.unchanged(job).chosen

    def unchanged(self, job: Job) -> SeriesSnapshot:
        """Return the series as it is now; refused when it is not the job's any more."""
        snapshot = self.reader.snapshot(job.series, job.details.decision.wanted)
        _require_content(job, snapshot.content)
        return snapshot

    def require_unchanged(self, job: Job) -> None:
        """Refuse a series whose slices, or the bytes of one, are not those that the job was noted for."""
        _require_content(job, self.reader.content(job.series))

    def folder(self, job: Job | JobRow) -> Path:
        """Return the job's folder in the spool."""
        return self.state.spool / job.id


def _require_content(job: Job, content: Content) -> None:
    if not content.is_that_of(job.content):
        raise InputRefused(
            "SERIES_CHANGED", "The series changed in Orthanc after its job was noted; a newer job contours it."
        )
