"""Which labels a study should have, from its jobs."""

from __future__ import annotations

from collections.abc import Iterable

from plugin.jobs.job import Job, State
from plugin.settings.labels import LabelNames

# Ended by somebody's wish or a rule's: nothing is said of the series by such a job.
SILENT = (State.SUPERSEDED, State.CANCELLED, State.EXCLUDED)


def wanted_labels(jobs: Iterable[Job], names: LabelNames) -> frozenset[str]:
    """Return the labels of a study with these jobs.

    A result that is stored counts, however old; whether somebody should look at something, or a privacy check said no,
    is what the newest job of the same work says.
    """
    newest: dict[tuple[str, str, str, str], Job] = {}
    found: set[str | None] = set()
    for job in sorted(jobs, key=lambda one: (one.created, one.id)):
        if job.state in SILENT:
            continue
        if not job.state.final:
            found.add(names.Waiting)
        if job.state is State.DONE and job.rtstruct is not None:
            found.add(names.Contoured)
        volume = job.details.decision.volume
        newest[job.series, job.model, job.target, volume.key if volume is not None else ""] = job
    for job in newest.values():
        if job.state is State.REJECTED:
            found.add(names.Rejected)
        if job.state is State.FAILED or _is_to_be_looked_at(job):
            found.add(names.Look)
    return frozenset(name for name in found if name is not None)


def _is_to_be_looked_at(job: Job) -> bool:
    flagged = bool(job.details.all_warnings) or any(roi.flags for roi in job.details.rois)
    return job.state is State.DONE and job.rtstruct is not None and flagged
