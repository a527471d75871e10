"""A proof that contours stay where they are when the face is removed, as it is registered."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from plugin.gateway.api.schemas.base import Answer, Request, Time
from plugin.gateway.api.schemas.commissioned import Digest, Name, Word
from plugin.quality.face.report import FEWEST_CASES

EXAMPLE: JsonDict = {
    "Model": "brain",
    "ModelDigest": "0" * 64,
    "Target": "elsewhere",
    "Cases": 20,
    "Report": "1" * 64,
    "Structures": ["Brain", "Brainstem"],
}


class FaceProofRequest(Request):
    """A report of `autocontour commission --face`."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    model: Name
    model_digest: Digest | Literal[""]
    """Empty where the target does not tell it; then whatever it draws without telling one is proven."""
    target: Name
    cases: int = Field(ge=FEWEST_CASES, le=1_000_000)
    report: Digest
    """SHA-256 of the report in JSON."""
    structures: list[Word] = Field(min_length=1, max_length=1000)
    """The structures that are proven: no other is stored of what is drawn without the face."""


class FaceProofAnswer(Answer):
    """A registered proof."""

    model: str
    model_digest: str
    target: str
    cases: int
    report: str
    registered: Time
    structures: list[str]
