"""Which results of a series a newer one replaces, where several of its volumes may have one each."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from plugin.jobs.job import Job, State

REMOVED = "Its RTSTRUCT was removed when the newer one was stored."


def replaced_by(job: Job, jobs: Sequence[Job]) -> list[Job]:
    """Return the overtaken jobs whose RTSTRUCT goes when that of ``job`` is stored.

    Those of the same volume; and those of a volume that no newer job has, as nothing else would ever replace them.
    So are those of other series of the study in whose place this one was chosen. ``jobs`` are those of the study.
    """
    mine = [one for one in jobs if one.series == job.series]
    newer = {_volume(one) for one in mine if _work(one) == _work(job) and one.content == job.content}
    return [
        old
        for old in jobs
        if old.rtstruct is not None
        and old.state is State.SUPERSEDED
        and _work(old) == _work(job)
        and (_same_volume(old, job, newer) if old.series == job.series else _chosen_instead(old, job))
    ]


def _same_volume(old: Job, job: Job, newer: Collection[str]) -> bool:
    return _volume(old) == _volume(job) or _volume(old) not in newer


def _chosen_instead(old: Job, job: Job) -> bool:
    choice = old.details.one_per_study
    return choice is not None and choice.chosen == job.series


def _work(job: Job) -> tuple[str, str, str]:
    return (job.rule, job.model, job.target)


def _volume(job: Job) -> str:
    """Return what a volume is called: its key is of its slices, and others come with each new one."""
    volume = job.details.decision.volume
    return volume.words if volume is not None and volume.key else ""
