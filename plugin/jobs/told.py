"""The line of the log for each job that was inserted or has ended; nothing in it is of a patient."""

from __future__ import annotations

import logging

from plugin.jobs.job import Job, State

logger = logging.getLogger(__name__)

# What somebody should look at.
UNWELL = (State.FAILED, State.REJECTED)


def log_job(job: Job, state: State, *, code: str | None = None, seconds: float | None = None) -> None:
    """Say the state of a job, with its series, rule, model and target.

    Args:
        job: As its row has it.
        state: That it has now, or is about to have.
        code: Why it has no result.
        seconds: From its beginning to its end; None for one that has just begun.
    """
    fields = {
        "Job": job.id,
        "State": str(state),
        "Series": job.series,
        "Rule": job.rule,
        "Model": job.model,
        "Target": job.target,
        "Attempt": job.attempt,
        "Code": code,
        "Seconds": None if seconds is None else round(seconds, 1),
    }
    words = [f"series {job.series}", f"rule {job.rule!r}" if job.rule else "by request"]
    words += [f"model {job.model}, target {job.target}"] if job.model else []
    words += [f"{seconds:.1f} s"] if seconds is not None else []
    logger.log(
        logging.WARNING if state in UNWELL else logging.INFO,
        "job %s: %s%s: %s",
        job.id,
        state,
        f" ({code})" if code else "",
        ", ".join(words),
        extra={"fields": fields},
    )
