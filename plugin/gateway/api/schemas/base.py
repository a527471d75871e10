"""The one convention of the documents of the REST API: CamelCase on the wire, as Orthanc's keys are; PEP 8 inside."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal


class Request(BaseModel):
    """A body that is taken: a key that it does not know is refused."""

    model_config = ConfigDict(alias_generator=to_pascal, extra="forbid", frozen=True, use_attribute_docstrings=True)


class Answer(BaseModel):
    """A body that is given; later releases may add keys."""

    model_config = ConfigDict(
        alias_generator=to_pascal, validate_by_name=True, frozen=True, use_attribute_docstrings=True
    )


class Signed(BaseModel):
    """A part of a signed document, whose keys are those that were signed: in small letters."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


# Kept as text: written again from a datetime, a time would lose or gain digits.
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="ISO 8601, UTC.")]
Counts = Annotated[dict[str, int], Field(description="How many, by name.")]
