"""Charts of what people change, and their alerts."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from plugin.gateway.api.schemas.base import Answer, Counts, Request, Time

Direction = Literal["more", "less"]


class ChartPoint(Answer):
    """One ROI of one job."""

    at: Time
    value: float
    job: str
    edited: bool
    """False: it was left as it was."""
    rules: list[int]
    """Rules of Nelson that mark it: 1, 2, 3."""


class ChartLimits(Answer):
    """Centre and limits of what was edited, three sigma to either side."""

    centre: float
    lower: float
    upper: float


class ChartMonth(Answer):
    """One month of a chart."""

    month: str = Field(examples=["2026-11"])
    untouched: int
    edited: int
    deleted: int
    not_comparable: int
    median: float | None
    """Of all that has a number, untouched ones included."""
    score: float | None
    """The mean of the month's scores, in sigmas of the baseline; null without a whole baseline."""
    limit: float | None
    """Three sigmas of such a mean."""
    beyond: bool
    """Whether the mean is beyond its limit."""


class ChartChange(Answer):
    """A lasting change."""

    kind: Literal["shift", "drift"]
    direction: Direction
    """Whether people change more than at the baseline, or less."""
    since: Time
    """When it was seen."""
    over: Time | None
    """When all was as before; null while it lasts."""
    job: str


class ChartOutlier(Answer):
    """A ROI that people changed far more than usual."""

    at: Time
    value: float
    job: str


class ChartSegment(Answer):
    """The comparisons of one digest of the model, or from an accepted level on."""

    model_digest: str
    since: Time | None
    comparisons: int
    """How many have a number."""
    baseline: int
    """How many of them, the first, are the baseline; 0 where commissioning gave it."""
    provisional: bool
    """The baseline is not whole yet."""
    commissioned: bool
    """The baseline is that of the commissioning."""
    limits: ChartLimits | None
    """Null below 20 edited ones."""
    median: float | None
    verdicts: Counts
    months: list[ChartMonth]
    changes: list[ChartChange]
    outliers: list[ChartOutlier]
    points: list[ChartPoint] | None
    """Only where one structure was asked for."""


class ChartAnswer(Answer):
    """One number of one structure, as one model at one target drew it."""

    structure: str = Field(examples=["Heart"])
    model: str
    target: str
    scanner: str | None
    """Manufacturer and model, where only the images of one scanner were asked for."""
    value: str = Field(examples=["AddedPathLengthMm"])
    segments: list[ChartSegment]
    """The oldest first."""


class QualityAlertAnswer(Answer):
    """Something in the charts that somebody should look at."""

    model_config = ConfigDict(protected_namespaces=())

    alert: str = Field(examples=["QUALITY_SHIFT"])
    id: str = Field(alias="ID")
    """For acknowledging it."""
    since: Time
    job: str
    """The job at which it was seen."""
    structures: list[str]
    model: str
    model_digest: str
    target: str
    direction: Direction | None
    message: str


class QualityAlertList(Answer):
    """The alerts that stand."""

    alerts: list[QualityAlertAnswer]


class ChartList(QualityAlertList):
    """Charts, the scanners that there are, and the alerts that stand."""

    charts: list[ChartAnswer]
    scanners: list[str]


class AcknowledgeRequest(Request):
    """That people have seen an alert."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"AcceptLevel": False}]})

    accept_level: bool = False
    """Of a shift or drift: what is now is the new baseline, because it was wanted."""
