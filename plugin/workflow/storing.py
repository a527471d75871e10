"""STORE: the RTSTRUCT with its patient, into Orthanc, and what follows on it."""

from __future__ import annotations

import hashlib
import io
import time
from functools import partial

import pydicom

from model.engines.engine import Algorithm
from model.errors import AutocontourError, TargetFailed
from model.pipeline.draw import STRUCTURE_SET
from model.rtstruct.contours_digest import contours_digest
from model.series.enhanced import images_of
from plugin.jobs.details import JobDetails
from plugin.jobs.job import Job, Stage
from plugin.jobs.made_uids import made_uid
from plugin.pacs.client import SeriesGone
from plugin.pacs.storing import store
from plugin.restore.restore import SourceSeries, restore
from plugin.restore.segmentation import segmentation_of
from plugin.workflow.context import StageContext
from plugin.workflow.described import REWRITTEN, label_of, origin_of
from plugin.workflow.face import without_left_out
from plugin.workflow.replaced import REMOVED, replaced_by


def restore_and_store(work: StageContext, job: Job) -> None:
    """Give the contours their patient back and store them; what another gateway stored is only followed up."""
    if job.takeovers and job.rtstruct is not None:
        file = work.orthanc.instance_file(job.rtstruct)
        _follow_up(work, job, file, hashlib.sha256(file).hexdigest())
        return
    file = _restored(work, job)
    started = time.perf_counter()
    _store(work, job, file)
    work.note_seconds(job.id, str(Stage.STORE), started)


def _restored(work: StageContext, job: Job) -> bytes:
    """Return the RTSTRUCT with its patient: the same bytes each time, and in memory only."""
    started = time.perf_counter()
    chosen = work.chosen(job)
    source = SourceSeries(work.orthanc.instance_header(chosen.instances[0]), chosen.references)
    restored = restore(
        without_left_out((work.folder(job) / STRUCTURE_SET).read_bytes(), job),
        work.vault.get(job.workflow_id),
        source,
        [roi.name for roi in job.details.rois],
        series_uid=made_uid(job, "series"),
        instance_uid=made_uid(job, "instance"),
        remarks=job.details.remarks,  # and no later warning, for the same bytes each time
        volume=label_of(job),
        origin=origin_of(job),
    )
    work.records(job).restored(len(chosen.images), len(job.details.rois))
    work.note_seconds(job.id, "restore", started)
    return restored


def _store(work: StageContext, job: Job, file: bytes) -> None:
    work.require_unchanged(job)  # a slice was read after the series was looked at
    # Before anybody can edit it: whoever does so under our UID is told by this.
    drawn = contours_digest(pydicom.dcmread(io.BytesIO(file)))
    work.jobs.merge_details(job.id, JobDetails(contours=drawn))
    if job.takeovers:
        work.take_back_unpublished(job)  # what the lost gateway was just storing, in other bytes
    work.require_own(job)
    stored = store(work.orthanc, file, "RTSTRUCT", partial(work.require_own, job))
    # Of what another gateway goes on with, the same object is stored there, or is deleted at its end.
    work.require_own(job)
    if stored.study != job.study:
        _take_back(work, job, stored.instance)
        raise TargetFailed(
            "STORED_ELSEWHERE",
            "Orthanc put the RTSTRUCT under another study; it was taken back. Please report this.",
        )
    try:
        work.require_unchanged(job)
    except AutocontourError:
        # Deleted or replaced while it was being stored: contours without their image would bring the patient back.
        _take_back(work, job, stored.instance)
        raise
    if not work.jobs.publish(job.id, stored.instance):
        work.require_own(job)
        # Cancelled, superseded or erased while it was being stored: nothing of it stays.
        work.orthanc.delete_instance(stored.instance)
        return
    if stored.rewritten:
        work.jobs.warn(job.id, REWRITTEN)
    _follow_up(work, job, file, stored.digest)


def _follow_up(work: StageContext, job: Job, file: bytes, digest: str) -> None:
    """Do what follows on a result that is stored: ``file``, whose SHA-256 is ``digest``."""
    report = work.commissioned.of_drawn(job) if work.commissioned is not None else None
    work.records(job).stored(len(job.details.rois), len(file), digest, report)
    if "SEG" in job.details.decision.outputs:
        _store_segmentation(work, job, file)
    if not work.settings.keep_superseded:
        _take_back_superseded(work, job)
    work.stored(job)


def _take_back(work: StageContext, job: Job, instance: str) -> None:
    """Delete what was stored and may not stay; the job shows none."""
    work.require_own(job)
    work.orthanc.delete_instance(instance)
    work.jobs.withdraw(job.id)


def _store_segmentation(work: StageContext, job: Job, rtstruct: bytes) -> None:
    """Store the SEG; one that Orthanc does not keep is said in the job, whose RTSTRUCT stays what it is."""
    try:
        segmentation = _segmentation(work, job, rtstruct)
        stored = store(work.orthanc, segmentation, "SEG", partial(work.require_own, job))
    except AutocontourError as failure:
        if failure.retry or isinstance(failure, SeriesGone):
            raise
        work.jobs.warn(job.id, f"The SEG that the rule asks for is not stored ({failure.code}). {failure.message}")
        return
    work.jobs.merge_details(job.id, JobDetails(segmentation=stored.instance))


def _segmentation(work: StageContext, job: Job, rtstruct: bytes) -> bytes:
    chosen = work.chosen(job)
    references = set(chosen.references)
    objects = (
        pydicom.dcmread(io.BytesIO(work.orthanc.instance_header(instance)), stop_before_pixels=True)
        for instance in chosen.instances
    )
    headers = [image for one in objects for image in images_of(one) if str(image.SOPInstanceUID) in references]
    used = job.details.algorithm
    assert used is not None, "what was drawn says by what"
    algorithm = Algorithm(job.model, used.version, used.digest, licence="", description="")
    return segmentation_of(rtstruct, headers, algorithm, lambda what: made_uid(job, what))


def _take_back_superseded(work: StageContext, job: Job) -> None:
    """Delete the RTSTRUCTs that this one replaces, as the site configured; each job says so."""
    for old in replaced_by(job, work.jobs.list(study=job.study, limit=1000)):
        assert old.rtstruct is not None, "only a stored one is replaced"
        work.orthanc.delete_instance(old.rtstruct)
        work.jobs.note_details(old.id, JobDetails(warnings=(REMOVED,)))
        work.jobs.withdraw(old.id)
