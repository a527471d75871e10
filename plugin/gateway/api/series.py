"""Routes about one series of Orthanc: request its contouring."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from plugin.gateway.api.answers import described
from plugin.gateway.api.identifiers import ModelName, SeriesInPath, TargetName
from plugin.gateway.gateway import Gateway

FILES: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {}, "application/zip": {}}}}


class Request(BaseModel):
    """What is wanted; what is left open, the rules decide."""

    model_config = ConfigDict(extra="forbid")

    model: ModelName | None = Field(default=None, alias="Model")
    target: TargetName | None = Field(default=None, alias="Target")


def router(gateway: Gateway) -> APIRouter:
    """Routes under /series."""
    routes = APIRouter(prefix="/series", tags=["series"], responses=described(404, 422))

    @routes.post("/{series}/jobs", status_code=202, summary="Contour this series now")
    def request(series: SeriesInPath, wanted: Request | None = None) -> dict[str, Any]:
        wanted = wanted or Request()
        return gateway.show(gateway.request(series, wanted.model, wanted.target))

    @routes.get("/{series}/outgoing", summary="What would leave; nothing does", response_model=None, responses=FILES)
    def outgoing(
        series: SeriesInPath, form: Annotated[Literal["json", "zip"], Query(alias="format")] = "json"
    ) -> dict[str, Any] | Response:
        if form == "json":
            return gateway.outgoing(series)
        headers = {"Content-Disposition": 'attachment; filename="outgoing.zip"', "Cache-Control": "no-store"}
        return StreamingResponse(gateway.outgoing_files(series), media_type="application/zip", headers=headers)

    return routes
