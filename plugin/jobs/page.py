"""Pages of the job table, newest first; each begins after a job, so that what arrives meanwhile moves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """Where a job stands in the order; ``created`` in seconds since the epoch, ``id`` of jobs made at once."""

    created: float
    id: str


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of jobs or of their rows; ``after`` is where the next one begins, None on the last."""

    jobs: tuple[T, ...]
    after: Place | None
