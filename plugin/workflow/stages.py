"""The stages of one job. Each reads what the one before left, and may be run again after being cut off anywhere."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pydicom

from model.burned_in.policy import BurnedInText
from model.burned_in.policy import warning as text_in
from model.engines.engine import Algorithm
from model.errors import AutocontourError, InputRefused, PrivacyRefused, TargetFailed
from model.evidence.chain import Chain
from model.packages.sides import NOT_VERIFIABLE
from model.pipeline.draw import IMAGES, STRUCTURE_SET, Drawn, draw_series, read_progress
from model.pipeline.time_limit import drawing_seconds
from model.quality.interleaved import BY_IMAGES
from model.rtstruct.contours_digest import contours_digest
from model.series.enhanced import images_of
from model.worker.pool import Cancelled, Workers
from plugin.erase.erase import EraseFailed, erase_folder
from plugin.erase.orthanc_copies import NEVER_MADE, UNKNOWN, Copies, remove_copies
from plugin.facts.remarks import counted
from plugin.forward.records import ForwardRecords
from plugin.forward.target import RemoteJob, Target
from plugin.group.membership import Alone, GatewayFenced, Membership, await_membership
from plugin.jobs.details import JobDetails
from plugin.jobs.failure import FailureRecord
from plugin.jobs.handovers import Handovers
from plugin.jobs.job import STAGE_BEGINS, UNREAD, Job, Stage, State
from plugin.jobs.made_uids import made_uid
from plugin.jobs.meters import JobMeters
from plugin.jobs.row import JobRow
from plugin.jobs.store import JobStore
from plugin.jobs.told import log_job
from plugin.jobs.wakeup import Wakeup
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.pacs.content import Content
from plugin.pacs.series import SeriesReader, SeriesSnapshot
from plugin.pacs.slices import Slices
from plugin.pacs.storing import store
from plugin.privacy.face.outcome import Face
from plugin.privacy.pseudonymise import pseudonymise
from plugin.restore.restore import SourceSeries, restore
from plugin.restore.segmentation import INSTANCE as SEGMENTATION
from plugin.restore.segmentation import segmentation_of
from plugin.settings.settings import LOCAL, Settings
from plugin.state.directory import StateDirectory
from plugin.vault.vault import OpenTransfer, Vault
from plugin.workflow.cancellation import CHANGED, OBJECTED
from plugin.workflow.commissioned import CommissionedModels
from plugin.workflow.described import REWRITTEN, details_of, label_of, left_out_of, origin_of, selection_of
from plugin.workflow.face import Faces, said_of, without_left_out
from plugin.workflow.limits import GRACE_SECONDS, stage_seconds, within
from plugin.workflow.records import JobRecords
from plugin.workflow.replaced import REMOVED, replaced_by
from plugin.workflow.second_opinion import no_opinion, opinion_in_words, second_opinion


@dataclass(frozen=True)
class Stages:
    """Runs one stage of one job; what stages share is the spool folder of the job and its row."""

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

    def run(self, stage: Stage, job_id: str) -> None:
        """Run a stage unless the job has ended meanwhile; erasure runs in any case.

        Raises AutocontourError with the reason; OSError when the disk is full.
        """
        await_membership(self.membership)
        job = self.jobs.enter(job_id, stage) if stage is not Stage.ERASE else self._entered_for_erasure(job_id)
        if job is None or (stage is not Stage.ERASE and self._ends_by_objection(job)):
            return
        started = time.perf_counter()
        try:
            self._run_within(stage, job)
        except SeriesGone:
            if stage is Stage.ERASE or not self.orthanc.exists("series", job.series):
                raise
            # Overwriting takes a slice away for a moment; what came instead is looked at when the stage runs again.
            raise TargetFailed(
                "SLICE_GONE", "A slice of the series is in Orthanc's index and its file is not.", retry=True
            ) from None
        self.meters.took(stage, time.perf_counter() - started)
        if stage not in (Stage.DRAW, Stage.STORE):  # these say how long each of their parts took
            self._note_seconds(job_id, str(stage), started)

    def close(self, job_id: str, failure: FailureRecord | None) -> None:
        """Bring the job to its final state and close its evidence."""
        await_membership(self.membership)
        job = self.jobs.get(job_id)
        if job is None:
            return
        records = self._records(job)
        state = job.state if job.state.final else State(failure["state"]) if failure else State.DONE
        if failure is not None and not job.state.final:
            records.failed(failure)
            self.jobs.merge_details(job_id, JobDetails(findings=failure["findings"]))
        if failure is None or failure["code"] != "ERASE_FAILED":
            # Before the job is seen to have ended, so that whoever sees it finds its evidence closed.
            # A clock that was set back would make it negative, which no record takes.
            records.closed(str(state), max(0.0, time.time() - job.created))
        self.jobs.finish(job_id, state, error=(failure["code"], failure["message"]) if failure else None)
        if state is State.DONE and self._is_overtaken(job):
            self.jobs.supersede_done(job_id, CHANGED)
        self.jobs.release(job_id)
        code = failure["code"] if failure and not job.state.final else job.error_code
        log_job(job, state, code=code, seconds=time.time() - job.created)
        self.queue.notify()

    def _ends_by_objection(self, job: Job) -> bool:
        """End a job whose patient objected while it was just being inserted; one that is stored is done first."""
        objected = job.evidence_code is not None and self.objected(job.evidence_code)
        return objected and self.jobs.stop(job.id, State.EXCLUDED, (State.EXCLUDED.name, OBJECTED))

    def _is_overtaken(self, job: Job) -> bool:
        """Whether the series had another content before this job ended, which intake could not stop any more."""
        others = self.jobs.list(series=job.series, limit=1000)
        return any(one.created > job.created and one.content not in (job.content, UNREAD) for one in others)

    def progress(self, job: Job | JobRow) -> dict[str, Any]:
        """Return what the worker of a running job says, in the scale of the whole job."""
        if job.stage is not Stage.DRAW:
            return {}
        said = read_progress(self._folder(job))
        if "Progress" not in said:
            return {}
        begins, ends = STAGE_BEGINS[Stage.DRAW], STAGE_BEGINS[Stage.STORE]
        return {"Progress": round(begins + (ends - begins) * said["Progress"], 3), "Doing": said["Doing"]}

    def _run_within(self, stage: Stage, job: Job) -> None:
        if stage is Stage.DRAW:
            self._work(stage)(job)  # its worker has a limit, or its target
            return
        seconds = stage_seconds(job.instances)
        limited = replace(self, orthanc=self.orthanc.until(time.monotonic() + seconds))
        try:
            within(seconds + GRACE_SECONDS, str(stage), lambda: limited._work(stage)(job))
        except TargetFailed as error:
            if stage is not Stage.ERASE or error.code != "STAGE_TIMEOUT":
                raise
            raise EraseFailed("ERASE_FAILED", "Deleting what is pseudonymised takes too long.", retry=True) from None

    def _note_seconds(self, job_id: str, part: str, started: float) -> None:
        self.jobs.merge_details(job_id, JobDetails(timings={part: round(time.perf_counter() - started, 3)}))

    def _work(self, stage: Stage) -> Callable[[Job], None]:
        return {
            Stage.PSEUDONYMISE: self._pseudonymise,
            Stage.DRAW: self._draw,
            Stage.STORE: self._restore_and_store,
            Stage.ERASE: self._erase,
        }[stage]

    def _pseudonymise(self, job: Job) -> None:
        if job.takeovers:
            self._take_over(job)
        if job.takeovers and job.rtstruct is not None:
            return  # the gateway that was lost had stored the result; what follows on it is left to do
        erase_folder(self._folder(job))  # what an earlier, cut off attempt left
        self._rekey(job)
        snapshot = self._unchanged(job)
        chosen = snapshot.chosen
        self.require_room(chosen.most_bytes)
        choice = job.details.one_per_study
        beyond: tuple[str, ...] = ()
        if self.commissioned is not None:
            beyond = self.commissioned.beyond(job, lambda: self.reader.tags(job.series), chosen.references)
        remarks = (*snapshot.warnings, *(choice.warnings if choice is not None else ()), *beyond)
        self.jobs.begin(job.id, JobDetails(left_out=left_out_of(chosen), warnings=remarks, remarks=remarks, face=""))
        target = self.targets.get(job.target)
        self._records(job).received(chosen.modality, target.type if target else "local")
        key = self.vault.open_transfer(job.workflow_id, job.series, hours=self.settings.privacy.transfer_hours)
        place = self._folder(job) / IMAGES
        wanted = self.faces.before_sending(job)
        asked = (chosen.instances, self.orthanc, key, self.settings.privacy, place, chosen.frames)
        clean = pseudonymise(*asked, remove_face=wanted is Face.REMOVED)
        face = clean.face or wanted
        self._records(job).deidentified(clean, counted(chosen.left_out), face)
        if clean.suspected:
            self.jobs.warn(job.id, text_in(clean.suspected))
        if said := (*said_of(job, face), *((f"Look at the images: {BY_IMAGES}",) if clean.alternating else ())):
            remarks = (*remarks, *said)
            self.jobs.merge_details(job.id, JobDetails(face=face or "", warnings=remarks, remarks=remarks))

    def _take_over(self, job: Job) -> None:
        """Say that this gateway goes on with the job of one that was lost."""
        lost = self.handovers.begun(job.id, job.attempt) if self.handovers is not None else None
        if lost is not None:
            self._records(job).taken_over(lost)

    def _draw(self, job: Job) -> None:
        if job.takeovers and job.rtstruct is not None:
            return
        target = self.targets.get(job.target)
        if target is not None:
            drawn_there = target.draw(self._remote_job(job, self.vault.get(job.workflow_id)))
            details = self.faces.after_drawing(job, drawn_there)
            self._require_commissioned(job, details.algorithm.digest if details.algorithm is not None else "")
            self.jobs.merge_details(job.id, details)
            if details.algorithm is not None and details.algorithm.sides == NOT_VERIFIABLE:
                self.jobs.warn(job.id, f"Left and right of the model {job.model} are not verifiable, the target says.")
            self._ask_second(job)
            return
        if job.target != LOCAL:
            raise InputRefused("NO_TARGET", f"The configuration has no target {job.target} any more.")
        drawn: Drawn = self.workers.run(
            job.id,
            draw_series,
            self._folder(job),
            job.model,
            made_uid(job, "pseudonymous series"),
            made_uid(job, "pseudonymous instance"),
            datetime.now(UTC).astimezone(),
            self.settings.models_directory,
            selection_of(job, self.settings.templates),
            BurnedInText.OFF,  # the sender looked
            self.settings.wishes,
            seconds=drawing_seconds(self.settings.job_seconds, job.model, job.instances),
        )
        self._require_commissioned(job, drawn.digest)
        digest = hashlib.sha256((self._folder(job) / STRUCTURE_SET).read_bytes()).hexdigest()
        self._records(job).drawn(drawn, digest)
        self.jobs.merge_details(job.id, details_of(drawn))
        self._ask_second(job)

    def _require_commissioned(self, job: Job, digest: str) -> None:
        said = self.commissioned.require_drawn(job, digest) if self.commissioned is not None else None
        if said is not None:
            self.jobs.warn(job.id, said)

    def _ask_second(self, job: Job) -> None:
        """Let a second model draw where the rule names one; what both do not agree on is said in the job."""
        second = job.details.decision.second_model
        if second is None:
            return
        try:
            said = self.workers.run(
                job.id,
                second_opinion,
                self._folder(job),
                second.model,
                self.settings.models_directory,
                second.dice,
                second.hausdorff95_mm,
                self.settings.wishes,
                seconds=drawing_seconds(self.settings.job_seconds, second.model, job.instances),
            )
        except Cancelled:
            raise
        except AutocontourError as error:
            self.jobs.warn(job.id, no_opinion(second.model, error))
            return
        words = opinion_in_words(second.model, said)
        if words is not None:
            self.jobs.warn(job.id, words)

    def _restored(self, job: Job) -> bytes:
        """Return the RTSTRUCT with its patient: the same bytes each time, and in memory only."""
        started = time.perf_counter()
        chosen = self._chosen(job)
        source = SourceSeries(self.orthanc.instance_header(chosen.instances[0]), chosen.references)
        restored = restore(
            without_left_out((self._folder(job) / STRUCTURE_SET).read_bytes(), job),
            self.vault.get(job.workflow_id),
            source,
            [roi.name for roi in job.details.rois],
            series_uid=made_uid(job, "series"),
            instance_uid=made_uid(job, "instance"),
            remarks=job.details.remarks,  # and no later warning, for the same bytes each time
            volume=label_of(job),
            origin=origin_of(job),
        )
        self._records(job).restored(len(chosen.images), len(job.details.rois))
        self._note_seconds(job.id, "restore", started)
        return restored

    def _restore_and_store(self, job: Job) -> None:
        if job.takeovers and job.rtstruct is not None:
            file = self.orthanc.instance_file(job.rtstruct)
            self._follow_up(job, file, hashlib.sha256(file).hexdigest())
            return
        file = self._restored(job)
        started = time.perf_counter()
        self._store(job, file)
        self._note_seconds(job.id, str(Stage.STORE), started)

    def _store(self, job: Job, file: bytes) -> None:
        self._require_unchanged(job)  # a slice was read after the series was looked at
        # Before anybody can edit it: whoever does so under our UID is told by this.
        drawn = contours_digest(pydicom.dcmread(io.BytesIO(file)))
        self.jobs.merge_details(job.id, JobDetails(contours=drawn))
        if job.takeovers:
            self._take_back_unpublished(job)  # what the lost gateway was just storing, in other bytes
        self._require_own(job)
        stored = store(self.orthanc, file, "RTSTRUCT", partial(self._require_own, job))
        # Of what another gateway goes on with, the same object is stored there, or is deleted at its end.
        self._require_own(job)
        if stored.study != job.study:
            self._take_back(job, stored.instance)
            raise TargetFailed(
                "STORED_ELSEWHERE",
                "Orthanc put the RTSTRUCT under another study; it was taken back. Please report this.",
            )
        try:
            self._require_unchanged(job)
        except AutocontourError:
            # Deleted or replaced while it was being stored: contours without their image would bring the patient back.
            self._take_back(job, stored.instance)
            raise
        if not self.jobs.publish(job.id, stored.instance):
            self._require_own(job)
            # Cancelled, superseded or erased while it was being stored: nothing of it stays.
            self.orthanc.delete_instance(stored.instance)
            return
        if stored.rewritten:
            self.jobs.warn(job.id, REWRITTEN)
        self._follow_up(job, file, stored.digest)

    def _follow_up(self, job: Job, file: bytes, digest: str) -> None:
        """Do what follows on a result that is stored: ``file``, whose SHA-256 is ``digest``."""
        report = self.commissioned.of_drawn(job) if self.commissioned is not None else None
        self._records(job).stored(len(job.details.rois), len(file), digest, report)
        if "SEG" in job.details.decision.outputs:
            self._store_segmentation(job, file)
        if not self.settings.keep_superseded:
            self._take_back_superseded(job)
        self.stored(job)

    def _require_own(self, job: Job) -> None:
        """Raise GatewayFenced where another gateway goes on with the job, or may: nothing more is written here."""
        self.membership.require()
        if not self.jobs.owns(job.id, job.takeovers):
            raise GatewayFenced

    def _records(self, job: Job) -> JobRecords:
        return JobRecords(self.chain, job, self.membership.require)

    def _take_back(self, job: Job, instance: str) -> None:
        """Delete what was stored and may not stay; the job shows none."""
        self._require_own(job)
        self.orthanc.delete_instance(instance)
        self.jobs.withdraw(job.id)

    def _store_segmentation(self, job: Job, rtstruct: bytes) -> None:
        """Store the SEG; one that Orthanc does not keep is said in the job, whose RTSTRUCT stays what it is."""
        try:
            segmentation = self._segmentation(job, rtstruct)
            stored = store(self.orthanc, segmentation, "SEG", partial(self._require_own, job))
        except AutocontourError as failure:
            if failure.retry or isinstance(failure, SeriesGone):
                raise
            self.jobs.warn(job.id, f"The SEG that the rule asks for is not stored ({failure.code}). {failure.message}")
            return
        self.jobs.merge_details(job.id, JobDetails(segmentation=stored.instance))

    def _segmentation(self, job: Job, rtstruct: bytes) -> bytes:
        chosen = self._chosen(job)
        references = set(chosen.references)
        objects = (
            pydicom.dcmread(io.BytesIO(self.orthanc.instance_header(instance)), stop_before_pixels=True)
            for instance in chosen.instances
        )
        headers = [image for one in objects for image in images_of(one) if str(image.SOPInstanceUID) in references]
        used = job.details.algorithm
        assert used is not None, "what was drawn says by what"
        algorithm = Algorithm(job.model, used.version, used.digest, licence="", description="")
        return segmentation_of(rtstruct, headers, algorithm, lambda what: made_uid(job, what))

    def _take_back_superseded(self, job: Job) -> None:
        """Delete the RTSTRUCTs that this one replaces, as the site configured; each job says so."""
        for old in replaced_by(job, self.jobs.list(study=job.study, limit=1000)):
            assert old.rtstruct is not None, "only a stored one is replaced"
            self.orthanc.delete_instance(old.rtstruct)
            self.jobs.note_details(old.id, JobDetails(warnings=(REMOVED,)))
            self.jobs.withdraw(old.id)

    def _erase(self, job: Job) -> None:
        if job.takeovers:
            self._take_over(job)
        target, records, transfer = self.targets.get(job.target), self._records(job), self._still_open(job)
        if target is not None and records.begun():
            target.release(self._remote_job(job, transfer))
        erasure = erase_folder(self._folder(job))
        if erasure.missing:
            self.jobs.warn(
                job.id,
                f"{erasure.missing} pseudonymised files were not in the spool to be deleted: who else can reach it?",
            )
        self._take_back_unpublished(job)
        copies = self._copies(job, transfer)
        if records.begun():
            records.erased(erasure, copies)
        if copies.left:
            raise EraseFailed(
                "ERASE_FAILED", f"{copies.left} pseudonymised copies cannot be deleted from Orthanc.", retry=True
            )
        self.vault.destroy(job.workflow_id)
        if records.begun():
            left = self.vault.record(job.workflow_id)
            if left is not None and left.state == "destroyed":
                records.key_destroyed()

    def _take_back_unpublished(self, job: Job) -> None:
        """Delete what an attempt stored that was cut off before it had looked at it: nothing attests it."""
        if job.rtstruct is None:
            self._require_own(job)  # another gateway may have stored the same object since
            for what in ("instance", SEGMENTATION):
                for instance in self.orthanc.find_instances({"SOPInstanceUID": made_uid(job, what)}):
                    self.orthanc.delete_instance(instance)

    def _copies(self, job: Job, transfer: OpenTransfer | None) -> Copies:
        """Asked before the key goes: nobody knows the pseudonym afterwards."""
        if transfer is not None:
            return remove_copies(self.orthanc, transfer.key.pseudonym)
        return NEVER_MADE if self.vault.record(job.workflow_id) is None else UNKNOWN

    def _still_open(self, job: Job) -> OpenTransfer | None:
        try:
            return self.vault.get(job.workflow_id)
        except PrivacyRefused:
            return None

    def _remote_job(self, job: Job, transfer: OpenTransfer | None) -> RemoteJob:
        def wanted() -> bool:
            now = self.jobs.get(job.id)
            return now is not None and not now.state.final

        records = ForwardRecords(self.chain, job, self.state.evidence / "receipts")

        def first_file() -> bytes:
            return self.orthanc.instance_header(self._chosen(job).instances[0])

        return RemoteJob(job, self._folder(job), records, wanted, transfer, first_file)

    def _chosen(self, job: Job) -> Slices:
        """Return the slices that are contoured; refused when the series is not the job's any more."""
        return self._unchanged(job).chosen

    def _unchanged(self, job: Job) -> SeriesSnapshot:
        """Return the series as it is now; refused when it is not the job's any more."""
        snapshot = self.reader.snapshot(job.series, job.details.decision.wanted)
        _require_content(job, snapshot.content)
        return snapshot

    def _rekey(self, job: Job) -> None:
        """Give a job that an earlier version noted by UIDs alone the key that the later stages can rely on."""
        content = self.reader.content(job.series)
        if job.content == content.uids_only:
            self.jobs.rekey(job, content.key)

    def _require_unchanged(self, job: Job) -> None:
        """Refuse a series whose slices, or the bytes of one, are not those that the job was noted for."""
        _require_content(job, self.reader.content(job.series))

    def _entered_for_erasure(self, job_id: str) -> Job | None:
        return self.jobs.enter(job_id, Stage.ERASE) or self.jobs.get(job_id)

    def _folder(self, job: Job | JobRow) -> Path:
        return self.state.spool / job.id


def _require_content(job: Job, content: Content) -> None:
    if not content.is_that_of(job.content):
        raise InputRefused(
            "SERIES_CHANGED", "The series changed in Orthanc after its job was noted; a newer job contours it."
        )
