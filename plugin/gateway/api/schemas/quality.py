"""What people made of our results, in numbers; docs/quality.md defines each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from plugin.gateway.api.schemas.base import Answer, Time
from plugin.gateway.api.schemas.quality_charts import ChartAnswer, QualityAlertAnswer

Verdict = Literal["untouched", "edited", "deleted", "added", "not comparable"]
Approval = Literal["APPROVED", "UNAPPROVED"]
Link = Literal["predecessor", "series", "frame"]


class CommonSlicesAnswer(Answer):
    """The same numbers over the slices alone that both ROIs have."""

    slices: int
    dice: float
    hausdorff_mm: float
    hausdorff95_mm: float
    mean_surface_distance_mm: float
    surface_dice: float
    side_mm: float


class _Numbers(Answer):
    """The numbers of one ROI; one that does not apply is null."""

    verdict: Verdict
    code: str | None
    """Why it is not comparable."""
    reason: str | None
    """The same in words, or what the numbers do not tell."""
    volume: float | None
    """Ours, cm³."""
    other_volume: float | None
    """Theirs, cm³."""
    dice: float | None
    hausdorff_mm: float | None
    hausdorff95_mm: float | None
    mean_surface_distance_mm: float | None
    surface_dice: float | None
    tolerance_mm: float | None
    """That of surface Dice."""
    added_path_length_mm: float | None
    side_mm: float | None
    """Mean signed distance to theirs: positive where people drew outwards."""
    centroid_shift_mm: list[float] | None
    """To theirs, along x, y and z of the patient (LPS)."""
    slices_edited: int | None
    slices_missing: int | None
    slices_cut: int | None
    common_slices: CommonSlicesAnswer | None
    """Where slices are missing or ends were cut."""


class ComparedRoi(_Numbers):
    """What became of one ROI."""

    name: str | None
    """Ours; null for one that is theirs alone."""
    other_name: str | None
    """Always null: names that people gave are not kept."""


class ComparedVersion(Answer):
    """One version of what people made of a result."""

    instance: str
    """Its Orthanc id."""
    state: Literal["waiting", "compared", "refused"]
    code: str | None
    """Why it was refused."""
    link: Link
    """Whether it names our RTSTRUCT as its predecessor, lies on the same images, or on others of the same frame."""
    late: bool
    """Whether our job ended only after it had come; it was not made from ours then, and is in no chart."""
    approval: Approval
    reviewed: Time | None
    arrived: Time
    effective: bool
    """Whether it is the one that counts: an approved one before others, then the one reviewed last."""
    added: int
    """How many ROIs are theirs alone."""


class JobComparisonAnswer(Answer):
    """What people made of the result of one job, by the version that counts or the one that was asked for."""

    series: str
    """Orthanc's id of the contoured series."""
    job: str
    reference: str | None
    """SOP Instance UID of ours; null when it is not in Orthanc any more."""
    other: str | None
    """SOP Instance UID of theirs."""
    link: Link | None
    approval: Approval | None
    rois: list[ComparedRoi]
    """Empty where nobody returned a version."""
    warnings: list[str]
    versions: list[ComparedVersion]
    """Each version that came, the oldest first."""


class JobQualityAnswer(Answer):
    """What people made of the result of a job, in short."""

    versions: int
    """How many came."""
    waiting: int
    """How many of them are not compared yet."""
    counting: str | None
    """The Orthanc id of the one that counts; null while none was compared."""
    approval: Approval | None
    verdicts: dict[Verdict, int]
    """How many ROIs of it have each verdict; those without any are absent."""


class QualityRow(_Numbers):
    """One of our ROIs in the version that counts."""

    job: str
    at: Time
    """When the version came."""
    structure: str
    model: str
    digest: str
    """That of the model; empty where the target did not tell."""
    target: str
    scanner: str | None
    """Maker and model of the scanner; `other` for makers that nobody listed."""
    link: Link
    approved: bool


class HeldComparison(Answer):
    """One ROI of a comparison, as an export has it."""

    month: str = Field(examples=["2026-11"])
    approved: bool
    structure: str | None
    """Ours; null for one that is theirs alone."""
    verdict: Verdict
    numbers: dict[str, float | list[float] | dict[str, float]]
    """Those that apply, by the names of the table."""


class QualityMonth(Answer):
    """What stays of comparisons that were erased."""

    month: str = Field(examples=["2026-11"])
    structure: str
    model: str
    digest: str
    target: str
    verdict: Verdict
    rois: int
    mean_dice: float | None
    mean_surface_distance_mm: float | None
    mean_added_path_length_mm: float | None


class QualityAnswer(Answer):
    """What people made of our results."""

    rows: list[QualityRow]
    """The newest first."""
    months: list[QualityMonth]
    """Sums of comparisons whose patients were erased, or whose time is over."""
    charts: list[ChartAnswer]
    """Of added path length, from the beginning on; with points where one Structure is asked for."""
    alerts: list[QualityAlertAnswer]
    """Those that stand."""
