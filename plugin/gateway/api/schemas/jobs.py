"""A job, and pages of jobs."""

from __future__ import annotations

from pydantic import Field, field_validator

from plugin.gateway.api.schemas.base import Answer, Time
from plugin.gateway.api.schemas.routing import ExplanationAnswer
from plugin.jobs.job import Stage, State


class RoiAnswer(Answer):
    """A structure of the RTSTRUCT."""

    number: int
    name: str = Field(examples=["Lung_L"])
    full_name: str
    volume: float
    """In cm³."""
    flags: list[str]
    """What to look at first; empty when nothing is odd."""


class NotDrawnAnswer(Answer):
    """A structure that is not in the RTSTRUCT."""

    label: str
    reason: str


class LeftOutAnswer(Answer):
    """A slice of the series that is not contoured."""

    instance: str
    """Its Orthanc id."""
    reason: str


class AlgorithmAnswer(Answer):
    """What drew."""

    version: str
    digest: str
    """SHA-256 of the model."""
    sides: str = ""
    """Whether left and right of the model were verified."""


class JobErrorAnswer(Answer):
    """Why a job has no result."""

    code: str = Field(examples=["GEOMETRY_GAP"])
    """One of the codes of docs/operations.md."""
    message: str


class JobAnswer(Answer):
    """What is done with one series."""

    id: str = Field(alias="ID", examples=["0123456789abcdef0123456789abcdef"])
    series: str = Field(examples=["0123abcd-0123abcd-0123abcd-0123abcd-0123abcd"])
    """The Orthanc id of the series."""
    study: str
    """The Orthanc id of its study."""
    rule: str | None
    """The rule that asked for it; null when a person did."""
    model: str = Field(examples=["hu-ct"])
    """Empty when nothing was to be drawn."""
    target: str = Field(examples=["local"])
    """Where it is drawn; empty when nothing was to be drawn."""
    priority: str = Field(examples=["normal"])
    """`urgent`, `normal` or `night`."""
    state: State
    """All but `waiting` and `running` are final."""
    stage: Stage
    """How far it has come; in a final state, how far it came."""
    progress: float
    """From 0 to 1."""
    created: Time
    updated: Time
    attempt: int
    """1, and one more after each retry."""
    instances: int
    """How many slices the series has."""
    rtstruct: str | None
    """The Orthanc id of the stored RTSTRUCT's instance."""
    rois: list[RoiAnswer]
    not_drawn: list[NotDrawnAnswer]
    left_out: list[LeftOutAnswer]
    algorithm: AlgorithmAnswer | None
    segmentation: str | None
    """The Orthanc id of the stored SEG's instance."""
    evidence_code: str | None
    """Under which the chain of evidence knows this attempt."""
    error: JobErrorAnswer | None
    findings: dict[str, int]
    """Where a privacy check said no: how often each of its rules was broken."""
    warnings: list[str]
    """What a person should look at, a sentence each."""
    timings: dict[str, float]
    """Seconds, by stage."""
    explanation: ExplanationAnswer | None = None
    """Why it is done; of DICOM attributes only whether there was a value. Absent when nobody knows."""
    doing: str | None = None
    """What the worker does now; absent when it says nothing."""
    waiting: str | None = None
    """What it waits for; absent when it does not wait."""

    @field_validator("left_out", mode="before")
    @classmethod
    def _of_the_first_release(cls, noted: object) -> object:
        """Release 0.1.0 noted how many slices were left out, and not which."""
        return [] if isinstance(noted, int) else noted


class JobPage(Answer):
    """A page of jobs, newest first."""

    jobs: list[JobAnswer]
    next: str | None
    """The `Cursor` of the next page; null on the last one."""
