"""Routes about targets: how they are, pause, resume."""

from __future__ import annotations

from fastapi import APIRouter

from plugin.gateway.api.answers import NotFound
from plugin.gateway.api.responses import errors
from plugin.gateway.api.schemas.health import TargetAnswer
from plugin.gateway.operations.targets import TargetOperations


def router(targets: TargetOperations) -> APIRouter:
    """Routes under /targets."""
    routes = APIRouter(prefix="/targets", tags=["targets"], responses=errors())

    def every() -> list[TargetAnswer]:
        return [TargetAnswer.model_validate(target) for target in targets.show()]

    def one(name: str) -> TargetAnswer:
        for target in every():
            if target.name == name:
                return target
        known = ", ".join(targets.names)
        raise NotFound("NO_TARGET", f"There is no such target; there are: {known}.")

    @routes.get("", summary="The targets, with their queues and back-offs")
    def list_targets() -> list[TargetAnswer]:
        return every()

    @routes.post("/{name}/pause", summary="Let no new job of this target start", responses=errors(404))
    def pause_target(name: str) -> TargetAnswer:
        one(name)
        targets.pause(name, True)
        return one(name)

    @routes.post(
        "/{name}/resume",
        summary="Let jobs of this target start again, without further back-off",
        responses=errors(404),
    )
    def resume_target(name: str) -> TargetAnswer:
        one(name)
        targets.pause(name, False)
        return one(name)

    return routes
