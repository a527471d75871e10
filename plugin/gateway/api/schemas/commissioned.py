"""The report of a commissioning as it is registered."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from plugin.gateway.api.schemas.base import Answer, Request, Time
from plugin.quality.charts.point import Value
from plugin.settings.settings import LOCAL

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$")]
Number = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=130)]

EXAMPLE: JsonDict = {
    "Model": "hu-ct",
    "ModelDigest": "0" * 64,
    "ModelVersion": "2.0",
    "Target": "local",
    "Cases": 20,
    "Report": "1" * 64,
    "Range": {
        "ThicknessMm": {"Min": 1.0, "Max": 5.0},
        "SpacingMm": {"Min": 1.0, "Max": 5.0},
        "ExtentMm": {"Min": 280.0, "Max": 520.0},
        "Kernel": ["B30f"],
        "Scanner": ["MAKER Model"],
        "Contrast": [False, True],
    },
}


class Span(Request):
    """From the least to the largest, in mm."""

    min: float = Field(ge=0, le=100_000)
    max: float = Field(ge=0, le=100_000)


class Range(Request):
    """Between which values the cases lay."""

    thickness_mm: Span | None
    spacing_mm: Span | None
    extent_mm: Span | None
    kernel: list[Word] = Field(max_length=1000)
    scanner: list[Word] = Field(max_length=1000)
    """Makers and model names."""
    contrast: list[bool] = Field(min_length=1, max_length=2)


class CommissionedRequest(Request):
    """A report of `autocontour commission`."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    model: Name
    model_digest: Digest | Literal[""]
    """Empty where the target does not tell it; then whatever it draws without telling one is commissioned."""
    model_version: str = Field(max_length=64)
    target: Name
    cases: int = Field(ge=1, le=1_000_000)
    report: Digest
    """SHA-256 of the report in JSON."""
    range: Range
    baseline: dict[Word, dict[Value, Annotated[list[Number], Field(max_length=10_000)]]] | None = Field(
        default=None, max_length=1000
    )
    """By structure and number the values that its charts begin with, instead of the first 150 comparisons."""

    @property
    def charted(self) -> dict[str, dict[str, list[float]]] | None:
        """The baseline as the table has it."""
        if self.baseline is None:
            return None
        return {name: {value.value: own for value, own in one.items()} for name, one in self.baseline.items()}

    @model_validator(mode="after")
    def _of_here_by_digest(self) -> Self:
        if self.target == LOCAL and not self.model_digest:
            raise ValueError("a model that draws here has a digest")
        return self


class CommissionedAnswer(Answer):
    """A registered report."""

    model: str
    model_digest: str
    model_version: str
    target: str
    cases: int
    report: str
    registered: Time
    range: Range
    baseline: list[str]
    """The structures whose charts begin with its numbers."""
