"""The route that explains a decision; it starts nothing."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from plugin.gateway.api.answers import BadRequest, described
from plugin.gateway.api.identifiers import OrthancId
from plugin.gateway.gateway import Gateway


class Question(BaseModel):
    """A stored series, or tags and facts by their names."""

    model_config = ConfigDict(extra="forbid")

    series: OrthancId | None = Field(default=None, alias="Series")
    tags: dict[str, Any] | list[dict[str, Any]] | None = Field(default=None, alias="Tags")


def router(gateway: Gateway) -> APIRouter:
    """Routes under /routing."""
    routes = APIRouter(prefix="/routing", tags=["routing"], responses=described(404, 422))

    @routes.post("/explain", summary="What the rules say of a series, and why")
    def explain(question: Question) -> dict[str, Any]:
        if (question.series is None) == (question.tags is None):
            raise BadRequest("BAD_QUESTION", 'Give either {"Series": id} or {"Tags": {…}}.')
        if question.series is not None:
            return gateway.explain(question.series)
        return gateway.explain_given(question.tags)

    return routes
