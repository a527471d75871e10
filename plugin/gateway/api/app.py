"""The REST API under /autocontour/, as Orthanc passes it through; each route hands on and shapes the answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse

from model.evidence.verification import keys_beside, verify
from plugin.evidence.alerts import Alert
from plugin.gateway.api import answers, evidence, jobs, lua, page, routing, series, subjects, targets
from plugin.gateway.api.document import describe, operation_id
from plugin.gateway.api.door import Door
from plugin.gateway.api.hosts import Hosts
from plugin.gateway.api.json_bodies import JsonBodies
from plugin.gateway.api.metrics import CONTENT_TYPE, metrics_text, refusing_metrics
from plugin.gateway.api.responses import content, errors
from plugin.gateway.api.schemas.errors import UnhealthyAnswer
from plugin.gateway.api.schemas.health import HealthAnswer
from plugin.gateway.gateway import Gateway
from plugin.version import VERSION

PREFIX = "/autocontour"
TEXT = content("text/plain", "The metrics of this moment", text=True) | errors()


def application(gateway: Gateway, hosts: Hosts) -> FastAPI:
    """The application of a gateway that works, or is about to; it answers to ``hosts``."""
    app = _bare(hosts)
    router = APIRouter(prefix=PREFIX)

    @router.get(
        "/health",
        summary="Whether auto-contouring works, and if not, why",
        tags=["gateway"],
        response_model=HealthAnswer,
        responses=errors(unavailable=UnhealthyAnswer),
    )
    def get_health() -> Response:
        troubles = gateway.troubles()
        body = {
            "Status": "unavailable" if troubles else "ok",
            "Version": VERSION,
            "Reasons": troubles,
            "Alerts": gateway.alerts(),
        }
        if troubles:
            body |= {"Error": "UNAVAILABLE", "Message": " ".join(troubles)}
        return JSONResponse(body | gateway.figures(), status_code=503 if troubles else 200)

    @router.get("/metrics", summary="Prometheus text", tags=["gateway"], response_class=Response, responses=TEXT)
    def get_metrics() -> Response:
        return Response(metrics_text(gateway), media_type=CONTENT_TYPE)

    @app.post("/internal/bell", include_in_schema=False, status_code=204)
    def bell() -> Response:
        gateway.ring()
        return Response(status_code=204)

    router.include_router(jobs.router(gateway))
    router.include_router(series.router(gateway))
    router.include_router(routing.router(gateway))
    router.include_router(lua.router(gateway))
    router.include_router(targets.router(gateway))
    router.include_router(evidence.router(gateway))
    router.include_router(subjects.router(gateway))
    app.include_router(router)
    app.include_router(page.router(PREFIX))
    return app


def refusing_application(
    reasons: Sequence[str],
    hosts: Hosts,
    *,
    code: str = "CONFIGURATION",
    alerts: Sequence[Alert] = (),
    chain: Path | None = None,
) -> FastAPI:
    """The application of a gateway that may not work: every route says why, by default the configuration.

    The page shows it too; the metrics tell of the alerts, and the chain in that folder can be verified all the same.
    """
    app = _bare(hosts)
    what = "the configuration is right" if code == "CONFIGURATION" else "somebody has looked"
    body = {
        "Status": "unavailable",
        "Version": VERSION,
        "Error": code,
        "Message": f"Auto-contouring is off until {what}: " + "; ".join(reasons),
        "Reasons": list(reasons),
        "Alerts": [alert.to_json() for alert in alerts],
    }

    @app.get(f"{PREFIX}/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(refusing_metrics(alerts), media_type=CONTENT_TYPE)

    if chain is not None:

        @app.get(f"{PREFIX}/evidence/verify", include_in_schema=False)
        def verified() -> dict[str, Any]:
            return verify(chain, keys_beside(chain)).to_json()

    app.include_router(page.router(PREFIX))

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"], include_in_schema=False)
    def refuse(path: str) -> Response:
        return JSONResponse(body, status_code=503)

    return app


def _bare(hosts: Hosts) -> FastAPI:
    app = FastAPI(
        title="Orthanc AutoContour",
        version=VERSION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # its page loads scripts from the internet, which a hospital's network does not have
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    describe(app)
    answers.install(app)
    app.add_middleware(JsonBodies)
    app.add_middleware(Door, hosts=hosts)
    return app
