"""Routes about the gateway itself: its health, and its metrics for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from plugin.gateway.api.metrics import CONTENT_TYPE, metrics_text
from plugin.gateway.api.responses import content, errors
from plugin.gateway.api.schemas.errors import UnhealthyAnswer
from plugin.gateway.api.schemas.health import HealthAnswer
from plugin.gateway.operations.health import Health
from plugin.version import VERSION

TEXT = content("text/plain", "The metrics of this moment", text=True) | errors()


def router(health: Health) -> APIRouter:
    """Routes /health and /metrics."""
    routes = APIRouter(tags=["gateway"])

    @routes.get(
        "/health",
        summary="Whether auto-contouring works, and if not, why",
        response_model=HealthAnswer,
        responses=errors(unavailable=UnhealthyAnswer),
    )
    def get_health() -> Response:
        reasons = health.unavailable_reasons()
        body = {
            "Status": "unavailable" if reasons else "ok",
            "Version": VERSION,
            "Reasons": reasons,
            "Alerts": health.alerts(),
        }
        if reasons:
            body |= {"Error": "UNAVAILABLE", "Message": " ".join(reasons)}
        return JSONResponse(body | health.status(), status_code=503 if reasons else 200)

    @routes.get("/metrics", summary="Prometheus text", response_class=Response, responses=TEXT)
    def get_metrics() -> Response:
        return Response(metrics_text(health), media_type=CONTENT_TYPE)

    return routes
