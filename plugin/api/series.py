"""Routes about one series of Orthanc: request its contouring."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from plugin.gateway.gateway import Gateway


class Request(BaseModel):
    """What is wanted; what is left open, the rules decide."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(default=None, alias="Model")
    target: str | None = Field(default=None, alias="Target")


def router(gateway: Gateway) -> APIRouter:
    """Routes under /series."""
    routes = APIRouter(prefix="/series", tags=["series"])

    @routes.post("/{series}/jobs", status_code=202, summary="Contour this series now")
    def request(series: str, wanted: Request | None = None) -> dict[str, Any]:
        wanted = wanted or Request()
        return gateway.show(gateway.request(series, wanted.model, wanted.target))

    return routes
