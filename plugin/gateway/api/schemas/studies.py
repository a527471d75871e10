"""What is asked of whole studies."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from plugin.gateway.api.schemas.base import Answer, Request
from plugin.gateway.api.schemas.forms import OrthancId
from plugin.gateway.api.schemas.jobs import JobAnswer

MOST_STUDIES = 20


class StudiesRequest(Request):
    """Which studies are meant."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"Studies": ["-".join(["0123abcd"] * 5)]}]})

    studies: Annotated[list[OrthancId], Field(min_length=1, max_length=MOST_STUDIES)]
    """Their Orthanc ids."""


class RefusedSeriesAnswer(Answer):
    """A series of which no job was made."""

    series: str
    """Its Orthanc id."""
    error: str = Field(examples=["NO_RULE"])
    """One of the codes of docs/operations.md."""
    message: str


class RequestedStudiesAnswer(Answer):
    """What was made for the series of the studies."""

    jobs: list[JobAnswer]
    refused: list[RefusedSeriesAnswer]
    """Series that may hold images and have no job by this request; others of the studies are passed over."""
