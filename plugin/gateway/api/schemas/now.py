"""What happens now."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from plugin.gateway.api.schemas.base import Answer, Counts, Time
from plugin.gateway.api.schemas.health import AlertAnswer, GatewayOfGroup
from plugin.gateway.api.schemas.rows import JobRowAnswer


class DiskAnswer(Answer):
    """The disk of the state directory, in bytes."""

    free: int
    """Rounded down to 10⁹."""
    total: int


class NowHealth(Answer):
    """Whether auto-contouring works, and what somebody should look at."""

    status: Literal["ok", "unavailable"]
    reasons: list[str]
    """Why it cannot work; empty while it does."""
    warnings: list[str]
    """What works with less than it could, a sentence each."""
    alerts: list[AlertAnswer]
    disk: DiskAnswer


class ArrivingWhy(Answer):
    """Why a series is not decided on yet."""

    code: str = Field(examples=["quiet"])
    """`quiet` (slices are coming), `slices` (some are missing), `study` (its study is to be quiet), `trouble` (nothing
    is taken in now), `setback` (it could not be read and is tried again) or `soon`."""
    message: str
    """A sentence."""
    until: Time | None
    """When that ends if nothing more comes; null where nobody knows."""


class ArrivingSeriesAnswer(Answer):
    """A series that has come and is not decided on yet."""

    series: str
    """Its Orthanc id."""
    slices: int | None
    """How many have come; null while Orthanc does not say."""
    arrived: Time
    """When its last news came."""
    why: ArrivingWhy


class ArrivingList(Answer):
    """The series with the latest news, and how many arrive in all."""

    total: int
    series: list[ArrivingSeriesAnswer]
    """50 at most."""


class RowList(Answer):
    """Some jobs, and how many there are in all."""

    total: int
    jobs: list[JobRowAnswer]


class NowTarget(Answer):
    """A target, in short."""

    name: str = Field(examples=["local"])
    type: str = Field(examples=["local"])
    """`local`, `service` or `dicom`."""
    state: Literal["ready", "paused", "backing-off"]
    reason: str | None
    """The code of its last failure, while it backs off."""
    next_try: Time | None
    """When it is tried again, while it backs off."""
    running: int
    waiting: int
    limit: int
    """How many of its jobs may run at once."""


class NowAnswer(Answer):
    """What happens now; the same as long as nothing does."""

    version: str = Field(examples=["0.2.0"])
    """The release of orthanc-autocontour."""
    health: NowHealth
    counts: Counts
    """How many jobs are in each state."""
    arriving: ArrivingList
    waiting: RowList
    """The oldest 50 waiting jobs, each with `Why`."""
    running: RowList
    """The oldest 50 running jobs."""
    ended: RowList
    """The last 12 that are done, cancelled or superseded."""
    refused: RowList
    """The last 12 that are rejected, failed or excluded, each with its `Error`."""
    targets: list[NowTarget]
    gateways: list[GatewayOfGroup]
    """Those that share the database; none where a gateway is alone."""
