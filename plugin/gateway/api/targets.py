"""Routes about targets: how they are, pause, resume."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from plugin.gateway.api.answers import NotFound, described
from plugin.gateway.gateway import Gateway


def router(gateway: Gateway) -> APIRouter:
    """Routes under /targets."""
    routes = APIRouter(prefix="/targets", tags=["targets"], responses=described())

    def one(name: str) -> dict[str, Any]:
        for target in gateway.show_targets():
            if target["Name"] == name:
                return target
        known = ", ".join(gateway.settings.targets)
        raise NotFound("NO_TARGET", f"There is no such target; there are: {known}.")

    @routes.get("", summary="The targets, with their queues and back-offs")
    def list_targets() -> list[dict[str, Any]]:
        return gateway.show_targets()

    @routes.post("/{name}/pause", summary="Let no new job of this target start", responses=described(404))
    def pause(name: str) -> dict[str, Any]:
        one(name)
        gateway.pause(name, True)
        return one(name)

    @routes.post(
        "/{name}/resume",
        summary="Let jobs of this target start again, without further back-off",
        responses=described(404),
    )
    def resume(name: str) -> dict[str, Any]:
        one(name)
        gateway.pause(name, False)
        return one(name)

    return routes
