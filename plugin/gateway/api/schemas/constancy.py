"""A constancy test and its runs."""

from __future__ import annotations

from pydantic import Field

from plugin.gateway.api.schemas.base import Answer, Time


class ConstancyRoi(Answer):
    """A structure of a run beside that of the baseline."""

    name: str
    same: bool
    """Whether it has the same voxels."""
    dice: float | None
    hausdorff_mm: float | None
    """The largest distance between the contours; null where one of the two is missing."""


class ConstancyRun(Answer):
    """One run."""

    number: int
    started: Time
    seconds: float | None
    outcome: str = Field(examples=["passed"])
    """running, baseline, passed, failed, or error: it came to no end, which says nothing about the model."""
    code: str | None
    message: str | None
    digest: str | None
    """SHA-256 of the voxels of all structures."""
    model_digest: str | None
    model_version: str | None
    evidence_code: str
    rois: list[ConstancyRoi]


class ConstancyAnswer(Answer):
    """One test of the configuration; ``Series`` says where the reference series lies: sample, folder or orthanc."""

    id: str = Field(alias="ID", pattern=r"^[0-9a-f]{16}$")
    target: str
    model: str
    series: str
    every: float
    """Hours."""
    tolerance_mm: float
    dice: float | None
    on_fail: str
    state: str
    """The outcome of the last run; new before the first."""
    baseline: ConstancyRun | None
    runs: list[ConstancyRun]
    """The last first."""
