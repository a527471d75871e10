"""Routes about targets: how they are, pause, resume."""

from __future__ import annotations

from fastapi import APIRouter

from plugin.gateway.api.answers import NotFound
from plugin.gateway.api.responses import errors
from plugin.gateway.api.schemas.health import TargetAnswer
from plugin.gateway.gateway import Gateway


def router(gateway: Gateway) -> APIRouter:
    """Routes under /targets."""
    routes = APIRouter(prefix="/targets", tags=["targets"], responses=errors())

    def targets() -> list[TargetAnswer]:
        return [TargetAnswer.model_validate(target) for target in gateway.show_targets()]

    def one(name: str) -> TargetAnswer:
        for target in targets():
            if target.name == name:
                return target
        known = ", ".join(gateway.settings.targets)
        raise NotFound("NO_TARGET", f"There is no such target; there are: {known}.")

    @routes.get("", summary="The targets, with their queues and back-offs")
    def list_targets() -> list[TargetAnswer]:
        return targets()

    @routes.post("/{name}/pause", summary="Let no new job of this target start", responses=errors(404))
    def pause_target(name: str) -> TargetAnswer:
        one(name)
        gateway.pause(name, True)
        return one(name)

    @routes.post(
        "/{name}/resume",
        summary="Let jobs of this target start again, without further back-off",
        responses=errors(404),
    )
    def resume_target(name: str) -> TargetAnswer:
        one(name)
        gateway.pause(name, False)
        return one(name)

    return routes
