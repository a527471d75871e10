"""What the rules say of a series, and why."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from plugin.gateway.api.schemas.base import Answer, Request
from plugin.gateway.api.schemas.forms import OrthancId

Value = str | int | float | bool


class ExplainRequest(Request):
    """Either a stored series, or the tags and facts of one by their names."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"Tags": {"Modality": "CT", "SliceThickness": 2.5, "Slices": 120}}]}
    )

    series: OrthancId | None = None
    """The Orthanc id of a stored series."""
    tags: dict[str, Any] | list[dict[str, Any]] | None = None
    """DICOM attributes by keyword or `gggg,eeee`, facts beside them; a list of such is one object for each slice."""


class OnePerStudyAnswer(Answer):
    """By what the best series of a study is told."""

    thickness: float | Literal["thinnest"]
    """In mm: the series closest to it; or the thinnest one."""
    at_least: float | None = None
    """Below this thickness in mm, the thinnest is too thin."""
    orientation: str = Field(examples=["AXIAL"])
    kernel: Literal["soft", "sharp", "any"]
    contrast: bool | None = None
    """Whether one with contrast agent is preferred, or one without; absent when it is not asked."""
    per: list[str] = Field(examples=[["FrameOfReferenceUID", "Place"]])
    """Series that differ in one of these are no alternatives: one of each is contoured."""
    quiet_seconds: float
    """For how long nothing of the study must have come."""


class SecondModelAnswer(Answer):
    """A second opinion."""

    model: str
    dice: float
    """Both disagree about a structure below this Dice coefficient."""
    hausdorff95_mm: float
    """Or beyond this distance, the 95th percentile."""


class DecisionAnswer(Answer):
    """One structure set that is wanted."""

    rule: str
    model: str = Field(examples=["hu-ct"])
    target: str = Field(examples=["local"])
    priority: str = Field(examples=["normal"])
    """`urgent`, `normal` or `night`."""
    structures: str | None
    """The template of the configuration that names the structures; null for all."""
    outputs: list[str] = Field(examples=[["RTSTRUCT"]])
    hours: str | None
    """The hours of the day at which it may be drawn; null for all."""
    pick: dict[str, str | int | float] | str | None = Field(default=None, examples=[{"EchoTime": "shortest"}])
    """Which of several images of a place is contoured; null where the rule does not say."""
    each: bool = False
    """Whether every volume of the series is contoured for itself."""
    deliver: list[str] = Field(default=[])
    """The destinations that get the result."""
    require_commissioned: bool = False
    """Whether the model needs a registered report of its commissioning."""
    out_of_range: str | None = Field(default=None, examples=["flag"])
    """What becomes of a series outside the commissioned range: `flag`, `refuse`, or null: nobody looks."""
    second_model: SecondModelAnswer | None = None
    """The model that draws too; only where both disagree is said in the job."""
    one_per_study: OnePerStudyAnswer | None = None
    """How the best series of the study is told, which alone is contoured; null where each series is."""


class ComparisonAnswer(Answer):
    """What a condition asks of a value, where it asks more than to be equal."""

    pattern: str | None = None
    """A regular expression, searched."""
    min: float | int | str | None = None
    max: float | int | str | None = None
    exists: bool | None = None
    """Whether there is a value at all."""


class ConditionAnswer(Answer):
    """One condition of a rule."""

    fact: str = Field(examples=["Modality"])
    """The attribute or fact that it asks; of nested conditions, the way to it."""
    expected: Value | list[Value] | ComparisonAnswer | None
    """As the rule says it."""
    found: Value | list[Value] | None
    """What the series has; null when nothing."""
    matched: bool


class RuleAnswer(Answer):
    """What one rule said."""

    name: str
    matched: bool
    conditions: list[ConditionAnswer]
    error: str | None = None
    """Why it could not be asked; absent when it could."""


class CandidateAnswer(Answer):
    """A series of the study that matches a rule with OnePerStudy, and what was compared of it."""

    series: str
    """Its Orthanc id."""
    chosen: bool
    instead_of: str | None
    """The Orthanc id of the series that is contoured in its place; null of the chosen one."""
    lost_by: str | None = Field(examples=["Thickness"])
    """The criterion that decided against it; null of the chosen one."""
    reason: str
    state: Literal["whole", "announced", "refused"]
    """`announced`: the scanner announced more images; `refused`: it cannot be contoured as it is."""
    image: Literal["plain", "derived", "average", "calculated", "reformat", "projection"]
    orientation: str | None
    thickness_mm: float | None
    kernel: Literal["soft", "sharp"] | None
    """Null where its name is of no known kind."""
    contrast: bool | None
    extent_mm: float | None
    slices: int


class StudyChoiceAnswer(Answer):
    """Which series of the study a rule with OnePerStudy contours."""

    rule: str
    candidates: list[CandidateAnswer]


class RefusedAnswer(Answer):
    """Why something would not be contoured."""

    code: str = Field(examples=["SEVERAL_IMAGES"])
    message: str


class VolumeAnswer(Answer):
    """What one job would contour."""

    rule: str
    volume: str | None = Field(examples=["EchoTime = 2.46 ms"])
    """Which of several volumes of the series; null where it has but one, or none is meant."""
    slices: int
    refused: RefusedAnswer | None
    """Null where it would be contoured."""


class ExplanationAnswer(Answer):
    """The decision, and what each rule said to it."""

    outcome: Literal["contour", "excluded", "none", "error"]
    decisions: list[DecisionAnswer]
    reason: str
    rules: list[RuleAnswer]
    one_per_study: list[StudyChoiceAnswer] | None = None
    """For each rule with OnePerStudy that matched, the series of the study that are compared; absent without one."""
    volumes: list[VolumeAnswer] | None = None
    """What a job of each decision would contour; absent where no stored series was asked about."""
