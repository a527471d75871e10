"""How the gateway is, and its targets."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from plugin.gateway.api.schemas.base import Answer, Counts, Time


class TargetAnswer(Answer):
    """Where jobs are drawn: `local` is this machine, the others are those of the configuration."""

    name: str = Field(examples=["local"])
    paused: bool
    """Whether a person let no new job of it start."""
    failures: int
    """How often it failed since it worked last."""
    next_try: Time | None
    """When it is tried again, while it backs off."""
    reason: str | None
    """The code of its last failure, while it backs off."""
    running: int
    waiting: int
    limit: int
    """How many of its jobs may run at once."""


class AlertAnswer(Answer):
    """Something that somebody should look at, though contouring may work."""

    alert: str = Field(examples=["RECEIPT_MISSING"])
    """Its kind."""
    since: Time
    evidence_code: str | None
    """Of the job that it is about."""
    reason: str | None
    """A code of what was found."""
    message: str
    """What it means, and what to do."""


class WitnessAnswer(Answer):
    """Who holds the head of the chain of evidence: a service, or a folder elsewhere."""

    target: str
    """Its name in the configuration."""
    countersigned: Time | None
    """When it took the head last."""
    reason: str | None
    """The code of what is wrong with it."""
    since: Time | None
    """Since when that is so."""


class StampAnswer(Answer):
    """The time stamp authority of the chain of evidence (RFC 3161)."""

    stamped: Time | None
    """When it stamped the head last."""
    reason: str | None
    """The code of what is wrong with it."""
    since: Time | None
    """Since when that is so."""


class GatewayOfGroup(Answer):
    """One of the gateways that share a database."""

    id: str = Field(examples=["0123456789abcdef"])
    """Its own, kept in its state directory."""
    host: str
    """The name of its machine."""
    version: str = Field(examples=["0.2.0"])
    this: bool
    """Whether it is the one that answers."""
    leads: bool
    """Whether it takes in series, delivers and notifies for all of them."""
    jobs: int
    """How many jobs it works on."""
    healthy: bool
    reasons: list[str]
    """Why it does not work; empty while it does."""


class GatewayAnswer(GatewayOfGroup):
    """One of the gateways that share a database, and when it was heard of."""

    seen: Time
    """By the database's clock."""


class HealthAnswer(Answer):
    """Whether auto-contouring works, and what it has to do."""

    status: Literal["ok"]
    version: str = Field(examples=["0.2.0"])
    """The release of orthanc-autocontour."""
    reasons: list[str]
    """Why it cannot work: empty in an answer with 200."""
    alerts: list[AlertAnswer]
    jobs: Counts
    """How many jobs are in each state."""
    rules: int
    """How many rules the configuration has."""
    targets: list[TargetAnswer]
    witnesses: list[WitnessAnswer]
    time_stamp: StampAnswer | None
    """Null where the configuration names no authority."""
    studies_waiting: int
    """How many studies must be quiet before the best of their series is chosen (OnePerStudy)."""
    process: int
    """The gateway's process on its machine."""
    gateways: list[GatewayAnswer] | None = None
    """Those that share the database, those that went not long ago too; absent where a gateway is alone."""
    warnings: list[str] | None = None
    """What works with less than it could, a sentence each; absent when nothing does."""
