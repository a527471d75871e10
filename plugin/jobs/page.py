"""Pages of the job table, newest first; each begins after a job, so that what arrives meanwhile moves nothing."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.jobs.job import Job


@dataclass(frozen=True)
class Place:
    """Where a job stands in the order; ``created`` in seconds since the epoch, ``id`` of jobs made at once."""

    created: float
    id: str


@dataclass(frozen=True)
class Page:
    """A page; ``after`` is where the next one begins, None on the last."""

    jobs: tuple[Job, ...]
    after: Place | None
