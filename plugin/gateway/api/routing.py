"""The route that explains a decision; it starts nothing."""

from __future__ import annotations

from fastapi import APIRouter

from plugin.gateway.api.answers import BadRequest
from plugin.gateway.api.responses import errors
from plugin.gateway.api.schemas.routing import ExplainRequest, ExplanationAnswer
from plugin.gateway.operations.explanations import Explanations


def router(explanations: Explanations) -> APIRouter:
    """Routes under /routing."""
    routes = APIRouter(prefix="/routing", tags=["routing"], responses=errors(404))

    @routes.post(
        "/explain", summary="What the rules say of a series, and why; starts nothing", response_model_exclude_unset=True
    )
    def explain(question: ExplainRequest) -> ExplanationAnswer:
        if (question.series is None) == (question.tags is None):
            raise BadRequest("BAD_QUESTION", 'Give either {"Series": id} or {"Tags": {…}}.')
        said = (
            explanations.explain_given(question.tags)
            if question.series is None
            else explanations.explain(question.series)
        )
        return ExplanationAnswer.model_validate(said)

    return routes
