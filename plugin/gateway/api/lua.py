"""Routes for routing/autocontour.lua. They always answer 200: Orthanc's Lua sees no answer of any other status.

Measured on 1.10.1: ``RestApiPost`` gives nil for a 202 as for a 422, and logs "Unknown resource" for both.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from model.errors import AutocontourError
from plugin.gateway.api.answers import described
from plugin.gateway.api.identifiers import ModelName, SeriesInPath, TargetName
from plugin.gateway.gateway import Gateway
from routing.lua import LONGEST_REASON


class LuaRequest(BaseModel):
    """What Lua wants; what it leaves open, the rules decide."""

    model_config = ConfigDict(extra="forbid")

    model: ModelName | None = Field(default=None, alias="Model")
    target: TargetName | None = Field(default=None, alias="Target")


class Veto(BaseModel):
    """Why a series must not be contoured."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(alias="Reason", min_length=1, max_length=LONGEST_REASON)


def router(gateway: Gateway) -> APIRouter:
    """Routes under /lua."""
    routes = APIRouter(prefix="/lua", tags=["lua"], responses=described(404))

    @routes.post("/series/{series}/jobs", summary="Contour this series now, asked by the site's Lua")
    def request(series: SeriesInPath, wanted: LuaRequest | None = None) -> dict[str, Any]:
        wanted = wanted or LuaRequest()
        try:
            return gateway.show(gateway.request(series, wanted.model, wanted.target))
        except AutocontourError as error:
            return {"Error": error.code, "Message": error.message}

    @routes.post("/series/{series}/veto", summary="End the open jobs of this series as excluded")
    def veto(series: SeriesInPath, said: Veto) -> dict[str, Any]:
        return {"Jobs": gateway.veto(series, f"The site's Lua vetoed: {said.reason}")}

    return routes
