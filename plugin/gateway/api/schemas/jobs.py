"""A job, and pages of jobs."""

from __future__ import annotations

from pydantic import Field, JsonValue

from plugin.deliver.delivery import DeliveryState, Proof
from plugin.gateway.api.schemas.base import Answer, Time
from plugin.gateway.api.schemas.quality import JobQualityAnswer
from plugin.gateway.api.schemas.routing import CandidateAnswer, ExplanationAnswer
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
    frame: int | None = None
    """Which frame of an enhanced object it is, from 1; absent in a classic one."""
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
    again: str | None = Field(default=None, examples=["send again"])
    """Whether the same can succeed later: `send again`, `retry`, `by itself`, `repeat`, `no`.

    Absent with a code that only a newer service knows."""
    way_out: str | None = None
    """What an administrator does about errors of this code."""


class JobChoiceAnswer(Answer):
    """Which series of the study is contoured, where the rule contours one of them."""

    chosen: str
    """The Orthanc id of the series that is contoured: that of this job, or another."""
    reason: str
    candidates: list[CandidateAnswer]
    """Every series that was compared; only in the job of the chosen one."""


class DeliveredAnswer(Answer):
    """How the delivery of the result to one destination stands."""

    destination: str
    state: DeliveryState
    """`waiting`, `delivered` (proved), `sent` (nothing proves the arrival), `refused` (and not tried any more)."""
    proof: Proof | None
    """How the arrival was proved: `commitment`, `find`, or `answer`."""
    status: str | None
    """What the node answered, as `0xA700`, or one of the codes of docs/delivery.md."""
    at: Time
    """When it changed last."""
    tries: int
    """How often it was sent."""


# Of a job that is done.
EXAMPLE: dict[str, JsonValue] = {
    "ID": "6f1c2b0e9d8a47f3b5c4d3e2f1a0b9c8",
    "Series": "0162108d-84ebb787-48ef9bdc-f412c632-e00457fd",
    "Study": "1c4a9e03-7b2d5f68-90e1c3a7-5d8f2b46-e7a0c9d1",
    "Rule": "every axial CT",
    "Model": "hu-ct",
    "Target": "local",
    "Volume": None,
    "Priority": "normal",
    "State": "done",
    "Stage": "closed",
    "Progress": 1.0,
    "Created": "2026-01-31T12:00:00.000Z",
    "Updated": "2026-01-31T12:00:21.500Z",
    "Attempt": 1,
    "Instances": 120,
    "Rtstruct": "b7d20f4e-3a91c85d-62e7f014-9c3b5a8d-0f1e2d3c",
    "Rois": [{"Number": 1, "Name": "Lung_L", "FullName": "Left lung", "Volume": 1615.6, "Flags": []}],
    "NotDrawn": [{"Label": "Brain", "Reason": "no skull that encloses a brain in the image"}],
    "LeftOut": [],
    "Algorithm": {"Version": "1.0", "Digest": "9f" * 32, "Sides": "verified"},
    "Segmentation": None,
    "Face": None,
    "EvidenceCode": "4PAP9MJT3V1W2X1S",
    "Error": None,
    "Findings": {},
    "Warnings": [],
    "Delivered": [],
    "Timings": {"pseudonymise": 0.8, "engine": 9.1, "contours": 0.3, "store": 0.4},
}


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
    volume: str | None = Field(default=None, examples=["EchoTime = 2.46 ms"])
    """Which of several volumes of the series is contoured; null where it has but one."""
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
    """Of a job that is done or runs; a superseded one has no result."""
    not_drawn: list[NotDrawnAnswer]
    left_out: list[LeftOutAnswer]
    algorithm: AlgorithmAnswer | None
    segmentation: str | None
    """The Orthanc id of the stored SEG's instance."""
    face: str | None = Field(default=None, examples=["REMOVED"])
    """What became of the face in what was sent, with `Privacy.Face`: `REMOVED` (and checked), `NOT_FOUND`, `WANTED`,
    `NOT_PROVEN`, `NOT_PLACED`, `LEFT`; null where nobody asked. The warnings say it in words."""
    evidence_code: str | None
    """Under which the chain of evidence knows this attempt."""
    error: JobErrorAnswer | None
    findings: dict[str, int]
    """Where a privacy check said no: how often each of its rules was broken."""
    warnings: list[str]
    """What a person should look at, a sentence each."""
    delivered: list[DeliveredAnswer] = Field(default=[])
    """How the deliveries of the result stand, a row for each destination."""
    quality: JobQualityAnswer | None = None
    """What people made of the result; absent while no version of theirs has come."""
    timings: dict[str, float]
    """Seconds, by stage."""
    explanation: ExplanationAnswer | None = None
    """Why it is done; of DICOM attributes only whether there was a value. Absent when nobody knows."""
    one_per_study: JobChoiceAnswer | None = None
    """Of a rule that contours one series of a study; absent otherwise."""
    doing: str | None = None
    """What the worker does now; absent when it says nothing."""
    others: list[str] | None = None
    """The ids of the jobs that the same request made of the other volumes; absent where there is but one."""
    waiting: str | None = None
    """What it waits for; absent when it does not wait."""


class JobPage(Answer):
    """A page of jobs, newest first."""

    jobs: list[JobAnswer]
    next: str | None
    """The `Cursor` of the next page; null on the last one."""
