"""The routes that show the rules, explain a decision and try a draft; they start nothing."""

from __future__ import annotations

from fastapi import APIRouter

from plugin.gateway.api.answers import BadRequest
from plugin.gateway.api.responses import errors
from plugin.gateway.api.schemas.routing import ExplainRequest, ExplanationAnswer
from plugin.gateway.api.schemas.trials import RulesAnswer, TryAnswer, TryRequest
from plugin.gateway.operations.explanations import Explanations
from plugin.gateway.operations.trials import Trials

LAST = 100


def router(explanations: Explanations, trials: Trials) -> APIRouter:
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

    @routes.get("/rules", summary="The rules in force")
    def get_rules() -> RulesAnswer:
        return RulesAnswer.model_validate({"Rules": trials.in_force()})

    @routes.post(
        "/try",
        summary="What a draft of the rules would change; starts and writes nothing",
        description="Of the series that were decided on last, or of some by their ids. Answers after some seconds, "
        "and names in `Remaining` what it has not come to.",
        response_model_exclude_unset=True,
    )
    def try_rules(draft: TryRequest) -> TryAnswer:
        if draft.series is not None and draft.last is not None:
            raise BadRequest("BAD_QUESTION", 'Give either {"Last": number} or {"Series": [ids]}.')
        said = trials.run(draft.rules, draft.series, draft.last or LAST, explain=draft.explain)
        return TryAnswer.model_validate(said)

    return routes
