"""What is asked of the deliveries of a job."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from plugin.gateway.api.schemas.base import Request

DestinationName = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class DeliverRequest(Request):
    """Which destinations get the result again; left open, those that had it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"Destinations": ["tps"]}]})

    destinations: list[DestinationName] | None = Field(default=None, min_length=1, max_length=64)
