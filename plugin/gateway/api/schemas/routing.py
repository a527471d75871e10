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
    pick: dict[str, str | float] | str | None = Field(None, examples=[{"EchoTime": "shortest"}])
    """Which of several images of a place is contoured; null where the rule does not say."""
    each: bool = False
    """Whether every volume of the series is contoured for itself."""


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


class ExplanationAnswer(Answer):
    """The decision, and what each rule said to it."""

    outcome: Literal["contour", "excluded", "none", "error"]
    decisions: list[DecisionAnswer]
    reason: str
    rules: list[RuleAnswer]
