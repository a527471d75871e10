"""Routes about the gateway itself: its health, and its metrics for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from plugin.gateway.api.metrics import CONTENT_TYPE, metrics_text
from plugin.gateway.api.responses import content, errors
from plugin.gateway.api.schemas.errors import UnhealthyAnswer
from plugin.gateway.api.schemas.health import HealthAnswer
from plugin.gateway.operations.health import Health
from plugin.state.postgresql import trouble_of
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
        try:
            reasons, rest = health.unavailable_reasons(), {"Alerts": health.alerts()} | health.status()
        except SQLAlchemyError as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            # What the database would say is left out; that it cannot say it is the news.
            reasons, rest = [trouble.message], {"Alerts": []}
        body = {"Status": "unavailable" if reasons else "ok", "Version": VERSION, "Reasons": reasons}
        if reasons:
            body |= {"Error": "UNAVAILABLE", "Message": " ".join(reasons)}
        return JSONResponse(body | rest, status_code=503 if reasons else 200)

    @routes.get("/metrics", summary="Prometheus text", response_class=Response, responses=TEXT)
    def get_metrics() -> Response:
        return Response(metrics_text(health), media_type=CONTENT_TYPE)

    return routes
