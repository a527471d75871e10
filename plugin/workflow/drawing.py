"""DRAW: contours by a worker, or at a target; and where the rule asks, what a second model says of them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from model.burned_in.policy import BurnedInText
from model.errors import AutocontourError, InputRefused
from model.packages.sides import NOT_VERIFIABLE
from model.pipeline.draw import STRUCTURE_SET, Drawn, draw_series
from model.pipeline.time_limit import drawing_seconds
from model.worker.pool import Cancelled
from plugin.jobs.job import Job
from plugin.jobs.made_uids import made_uid
from plugin.settings.settings import LOCAL
from plugin.workflow.context import StageContext
from plugin.workflow.described import details_of, selection_of
from plugin.workflow.second_opinion import no_opinion, opinion_in_words, second_opinion


def draw_structures(work: StageContext, job: Job) -> None:
    """Let the contours be drawn, here or at the target of the job."""
    if job.takeovers and job.rtstruct is not None:
        return
    target = work.targets.get(job.target)
    if target is not None:
        drawn_there = target.draw(work.remote_job(job, work.vault.get(job.workflow_id)))
        details = work.faces.after_drawing(job, drawn_there)
        _require_commissioned(work, job, details.algorithm.digest if details.algorithm is not None else "")
        work.jobs.merge_details(job.id, details)
        if details.algorithm is not None and details.algorithm.sides == NOT_VERIFIABLE:
            work.jobs.warn(job.id, f"Left and right of the model {job.model} are not verifiable, the target says.")
        _ask_second(work, job)
        return
    if job.target != LOCAL:
        raise InputRefused("NO_TARGET", f"The configuration has no target {job.target} any more.")
    drawn: Drawn = work.workers.run(
        job.id,
        draw_series,
        work.folder(job),
        job.model,
        made_uid(job, "pseudonymous series"),
        made_uid(job, "pseudonymous instance"),
        datetime.now(UTC).astimezone(),
        work.settings.models_directory,
        selection_of(job, work.settings.templates),
        BurnedInText.OFF,  # the sender looked
        work.settings.wishes,
        seconds=drawing_seconds(work.settings.job_seconds, job.model, job.instances),
    )
    _require_commissioned(work, job, drawn.digest)
    digest = hashlib.sha256((work.folder(job) / STRUCTURE_SET).read_bytes()).hexdigest()
    work.records(job).drawn(drawn, digest)
    work.jobs.merge_details(job.id, details_of(drawn))
    _ask_second(work, job)


def _require_commissioned(work: StageContext, job: Job, digest: str) -> None:
    said = work.commissioned.require_drawn(job, digest) if work.commissioned is not None else None
    if said is not None:
        work.jobs.warn(job.id, said)


def _ask_second(work: StageContext, job: Job) -> None:
    """Let a second model draw where the rule names one; what both do not agree on is said in the job."""
    second = job.details.decision.second_model
    if second is None:
        return
    try:
        said = work.workers.run(
            job.id,
            second_opinion,
            work.folder(job),
            second.model,
            work.settings.models_directory,
            second.dice,
            second.hausdorff95_mm,
            work.settings.wishes,
            seconds=drawing_seconds(work.settings.job_seconds, second.model, job.instances),
        )
    except Cancelled:
        raise
    except AutocontourError as error:
        work.jobs.warn(job.id, no_opinion(second.model, error))
        return
    words = opinion_in_words(second.model, said)
    if words is not None:
        work.jobs.warn(job.id, words)
