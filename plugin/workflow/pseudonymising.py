"""PSEUDONYMISE: a key of its own for the job, and the pseudonymised copy in its spool folder."""

from __future__ import annotations

from model.burned_in.policy import warning as text_in
from model.pipeline.draw import IMAGES
from model.quality.interleaved import BY_IMAGES
from plugin.erase.erase import erase_folder
from plugin.facts.remarks import counted
from plugin.jobs.details import JobDetails
from plugin.jobs.job import Job
from plugin.privacy.face.outcome import Face
from plugin.privacy.pseudonymise import pseudonymise
from plugin.workflow.context import StageContext
from plugin.workflow.described import left_out_of
from plugin.workflow.face import said_of


def pseudonymise_series(work: StageContext, job: Job) -> None:
    """Make the pseudonymised copy of the series; raises PrivacyRefused where it may not leave."""
    if job.takeovers:
        work.take_over(job)
    if job.takeovers and job.rtstruct is not None:
        return  # the gateway that was lost had stored the result; what follows on it is left to do
    erase_folder(work.folder(job))  # what an earlier, cut off attempt left
    _rekey(work, job)
    snapshot = work.unchanged(job)
    chosen = snapshot.chosen
    work.require_room(chosen.most_bytes)
    choice = job.details.one_per_study
    beyond: tuple[str, ...] = ()
    if work.commissioned is not None:
        beyond = work.commissioned.beyond(job, lambda: work.reader.tags(job.series), chosen.references)
    remarks = (*snapshot.warnings, *(choice.warnings if choice is not None else ()), *beyond)
    work.jobs.begin(job.id, JobDetails(left_out=left_out_of(chosen), warnings=remarks, remarks=remarks, face=""))
    target = work.targets.get(job.target)
    work.records(job).received(chosen.modality, target.type if target else "local")
    key = work.vault.open_transfer(job.workflow_id, job.series, hours=work.settings.privacy.transfer_hours)
    place = work.folder(job) / IMAGES
    wanted = work.faces.before_sending(job)
    asked = (chosen.instances, work.orthanc, key, work.settings.privacy, place, chosen.frames)
    clean = pseudonymise(*asked, remove_face=wanted is Face.REMOVED)
    face = clean.face or wanted
    work.records(job).deidentified(clean, counted(chosen.left_out), face)
    if clean.suspected:
        work.jobs.warn(job.id, text_in(clean.suspected))
    if said := (*said_of(job, face), *((f"Look at the images: {BY_IMAGES}",) if clean.alternating else ())):
        remarks = (*remarks, *said)
        work.jobs.merge_details(job.id, JobDetails(face=face or "", warnings=remarks, remarks=remarks))


def _rekey(work: StageContext, job: Job) -> None:
    """Give a job that an earlier version noted by UIDs alone the key that the later stages can rely on."""
    content = work.reader.content(job.series)
    if job.content == content.uids_only:
        work.jobs.rekey(job, content.key)
