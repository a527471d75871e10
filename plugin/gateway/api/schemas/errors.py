"""Answers that are no success: one shape, with a fitting status."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from plugin.gateway.api.schemas.base import Answer, Counts
from plugin.gateway.api.schemas.health import AlertAnswer, StampAnswer, TargetAnswer, WitnessAnswer


class ErrorAnswer(Answer):
    """Why there is no success: a code for programs, and a sentence for people that says the way out."""

    error: str = Field(examples=["NO_JOB"])
    """One of the codes of docs/operations.md."""
    message: str = Field(examples=["There is no such job."])
    """One sentence; it repeats nothing of what was sent."""
    findings: dict[str, int] | None = None
    """Where a privacy check said no: how often each of its rules was broken."""


class UnavailableAnswer(ErrorAnswer):
    """That nothing works now; with every reason where the configuration or the chain of evidence forbids it."""

    status: Literal["unavailable"] | None = None
    version: str | None = None
    """The release of orthanc-autocontour."""
    reasons: list[str] | None = None
    """Each a sentence."""
    alerts: list[AlertAnswer] | None = None


class UnhealthyAnswer(UnavailableAnswer):
    """The health of a gateway that cannot work; it says more once it has started."""

    jobs: Counts | None = None
    """How many jobs are in each state."""
    rules: int | None = None
    """How many rules the configuration has."""
    targets: list[TargetAnswer] | None = None
    witnesses: list[WitnessAnswer] | None = None
    time_stamp: StampAnswer | None = None
    studies_waiting: int | None = None
    """How many studies must be quiet before the best of their series is chosen (OnePerStudy)."""
    process: int | None = None
    """The gateway's process on its machine."""
    warnings: list[str] | None = None
    """What works with less than it could, a sentence each."""
