"""Jobs in lists: short rows without their details."""

from __future__ import annotations

from pydantic import Field

from plugin.gateway.api.schemas.base import Answer, Time
from plugin.jobs.job import Stage, State


class RowErrorAnswer(Answer):
    """Why a job has no result."""

    code: str = Field(examples=["GEOMETRY_GAP"])
    """One of the codes of docs/operations.md."""
    message: str | None


class WhyAnswer(Answer):
    """Why a job waits."""

    code: str = Field(examples=["turn"])
    """`paused`, `backing-off`, `hours`, `turn` (others go first) or `soon`."""
    message: str
    """A sentence."""
    until: Time | None
    """When that ends; null where nobody knows."""


class JobRowAnswer(Answer):
    """A job of a list; `GET /autocontour/jobs/{job_id}` says everything of it."""

    id: str = Field(alias="ID", examples=["0123456789abcdef0123456789abcdef"])
    series: str
    """The Orthanc id of the series."""
    study: str
    """The Orthanc id of its study."""
    rule: str | None
    """The rule that asked for it; null when a person did."""
    model: str
    """Empty when nothing was to be drawn."""
    target: str
    """Where it is drawn; empty when nothing was to be drawn."""
    priority: str
    """`urgent`, `normal` or `night`."""
    state: State
    stage: Stage
    progress: float
    """From 0 to 1."""
    created: Time
    updated: Time
    attempt: int
    instances: int
    """How many slices the series has."""
    rtstruct: str | None
    """The Orthanc id of the stored RTSTRUCT's instance."""
    evidence_code: str | None
    flagged: int
    """How many of its structures somebody should look at."""
    error: RowErrorAnswer | None
    doing: str | None = None
    """What the worker does now; absent when it says nothing."""
    why: WhyAnswer | None = None
    """Absent when it does not wait."""
