"""Routes about constancy tests: how they are, run one now, accept a new baseline."""

from __future__ import annotations

from fastapi import APIRouter

from plugin.gateway.api.answers import NotFound
from plugin.gateway.api.responses import errors
from plugin.gateway.api.schemas.constancy import ConstancyAnswer
from plugin.gateway.operations.constancy import ConstancyOperations


def router(tests: ConstancyOperations) -> APIRouter:
    """Routes under /constancy."""
    routes = APIRouter(prefix="/constancy", tags=["quality"], responses=errors())

    def one(key: str) -> ConstancyAnswer:
        found = tests.one(key)
        if found is None:
            raise NotFound("NO_CONSTANCY_TEST", "There is no such test; GET /autocontour/constancy lists them.")
        return ConstancyAnswer.model_validate(found)

    @routes.get("", summary="The constancy tests, each with its runs")
    def list_tests() -> list[ConstancyAnswer]:
        return [ConstancyAnswer.model_validate(test) for test in tests.show()]

    @routes.get("/{test}", summary="One constancy test", responses=errors(404))
    def show_test(test: str) -> ConstancyAnswer:
        return one(test)

    @routes.post("/{test}/run", summary="Run a constancy test now", status_code=202, responses=errors(404))
    def run_test(test: str) -> ConstancyAnswer:
        one(test)
        tests.start(test)
        return one(test)

    @routes.post(
        "/{test}/accept",
        summary="Accept what the last run drew as the baseline",
        description="After a change that was wanted, such as a new version of the model. It is on record as evidence.",
        responses=errors(404, 409),
    )
    def accept_test(test: str) -> ConstancyAnswer:
        one(test)
        tests.accept(test)
        return one(test)

    return routes
