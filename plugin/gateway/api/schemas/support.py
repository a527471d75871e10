"""What is given to a supporter, and that it was."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from plugin.gateway.api.schemas.base import Answer, Request


class SupportFile(Answer):
    """One file."""

    name: str = Field(examples=["health.json"])
    text: str


class SupportAnswer(Answer):
    """Everything that a supporter would be given."""

    files: list[SupportFile]


class SupportRequest(Request):
    """Which file was made of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"Digest": "9f" * 32, "Files": 6}]})

    digest: str = Field(pattern=r"^[0-9a-f]{64}$", examples=["9f" * 32])
    """SHA-256 of the file."""
    files: int = Field(ge=1, le=100)
    """How many it holds."""


class SupportRecorded(Answer):
    """The number of the record in the chain."""

    record: int
