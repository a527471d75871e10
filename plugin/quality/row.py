"""The rows of quality: a comparison is one version of what people made of a job's RTSTRUCT, with a row for each ROI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from model.compare.comparison import CommonSlices, Metrics, Verdict

METRICS = tuple(field.name for field in fields(Metrics))
COMMON = tuple(field.name for field in fields(CommonSlices))


class Link(StrEnum):
    """What ties a structure set to a job, the strongest first."""

    PREDECESSOR = "predecessor"
    """It names our RTSTRUCT as the one it was made from (3006,0018), or carries a UID of ours."""
    SERIES = "series"
    """It lies on the very images that were contoured."""
    FRAME = "frame"
    """It lies in the same frame of reference, on other images."""


class ComparisonState(StrEnum):
    """How far a comparison is; all but the first are final."""

    WAITING = "waiting"
    COMPARED = "compared"
    REFUSED = "refused"
    """It could not be compared; its code says why."""


@dataclass(frozen=True)
class ComparisonRow:
    """One comparison: a job, and one version of what people made of its RTSTRUCT.

    ``instance`` is Orthanc's id of that version; ``at`` is when it was noted and ``reviewed`` when people say that they
    reviewed it, in seconds since the epoch. ``late``: the job ended only after it had come. ``effective``: no approved
    and no later version of the same job stands before it.
    """

    job: str
    instance: str
    evidence_code: str
    state: ComparisonState
    link: Link
    late: bool
    approved: bool
    reviewed: float | None
    at: float
    model: str
    digest: str
    target: str
    scanner: str | None = None
    effective: bool = False
    code: str | None = None
    added: int = 0
    warnings: tuple[str, ...] = ()
    tries: int = 0
    next_try: float = 0.0


@dataclass(frozen=True)
class RoiRow:
    """One of our ROIs in a comparison: what became of it, in numbers, and what drew it.

    ``structure`` is our name of it; ``scanner`` is manufacturer and model of the scanner, ``at`` in seconds since the
    epoch. It names no patient, and no name that people gave.
    """

    job: str
    instance: str
    at: float
    structure: str
    verdict: Verdict
    metrics: Metrics
    code: str | None
    model: str
    digest: str
    target: str
    scanner: str | None
    link: Link
    late: bool
    approved: bool
    reason: str | None = None

    @property
    def month(self) -> str:
        """The month in UTC, as 2026-11."""
        return month_of(self.at)


def month_of(seconds: float) -> str:
    """Return the month of a time in UTC, as 2026-11."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m")


def numbers_of(metrics: Metrics) -> dict[str, Any]:
    """Return the numbers as they lie in the table: those that apply."""
    return {name: value for name, value in asdict(metrics).items() if value is not None}


def metrics_of(numbers: Mapping[str, Any]) -> Metrics:
    """Return the numbers of a row of the table; what another release noted beside them is passed over."""
    known = {name: numbers.get(name) for name in METRICS}
    shift, common = known.pop("centroid_shift"), known.pop("common_slices")
    return Metrics(
        **known,
        centroid_shift=None if shift is None else (shift[0], shift[1], shift[2]),
        common_slices=None if common is None else CommonSlices(**{name: common[name] for name in COMMON}),
    )
