"""A search among jobs: what is asked and what is found."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StrictBool

from plugin.gateway.api.schemas.base import Answer, Counts, Request
from plugin.gateway.api.schemas.forms import OrthancId
from plugin.gateway.api.schemas.rows import JobRowAnswer
from plugin.jobs.job import State

MOST_IDS = 5000
Ids = Annotated[list[OrthancId], Field(max_length=MOST_IDS)]
Names = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=200)]


class FindRequest(Request):
    """Which jobs are wanted; a key that is left out does not filter, an empty list finds nothing."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"State": ["done"], "Model": ["hu-ct"], "Flagged": True, "Counts": True}]}
    )

    series: Ids | None = None
    """Orthanc ids: jobs of one of these series, or of one of the studies."""
    studies: Ids | None = None
    """Orthanc ids: jobs of one of these studies, or of one of the series."""
    state: list[State] | None = None
    model: Names | None = None
    target: Names | None = None
    rule: Names | None = None
    since: str | None = None
    """ISO 8601: jobs that changed at this time or later."""
    until: str | None = None
    """ISO 8601: jobs that changed before this time."""
    flagged: StrictBool | None = None
    """Whether a structure of the job is flagged for somebody to look at."""
    cursor: str = ""
    """Empty for the first page, then what `Next` of the page before says."""
    limit: int = Field(default=100, ge=1, le=1000)
    counts: StrictBool = False
    """Whether to count, too."""


class FoundCounts(Answer):
    """How many jobs a search finds; by each key, how many it would find of each value without that key."""

    total: int
    state: Counts
    model: Counts
    target: Counts
    rule: Counts
    flagged: int
    """How many are flagged, whether or not flagged ones are asked for."""


class FoundJobs(Answer):
    """A page of what was found, newest first."""

    jobs: list[JobRowAnswer]
    next: str | None
    """The `Cursor` of the next page; null on the last one."""
    counts: FoundCounts | None = None
    """Absent unless asked for."""
