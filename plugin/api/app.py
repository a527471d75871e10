"""The REST API under /autocontour/, as Orthanc passes it through; each route hands on and shapes the answer."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse, RedirectResponse

from plugin.api import answers, evidence, jobs, lua, page, routing, series, subjects, targets
from plugin.api.json_bodies import JsonBodies
from plugin.gateway.gateway import Gateway
from plugin.gateway.metrics import CONTENT_TYPE, metrics_text
from plugin.version import VERSION

PREFIX = "/autocontour"


def application(gateway: Gateway) -> FastAPI:
    """The application of a gateway that works, or is about to."""
    app = _bare()
    router = APIRouter(prefix=PREFIX)

    @router.get("/health", summary="Whether auto-contouring works, and if not, why")
    def health() -> Response:
        troubles = gateway.troubles()
        body = {
            "Status": "unavailable" if troubles else "ok",
            "Version": VERSION,
            "Reasons": troubles,
            "Alerts": gateway.alerts(),
        }
        return JSONResponse(body | gateway.figures(), status_code=503 if troubles else 200)

    @router.get("/metrics", summary="Prometheus text", response_class=Response)
    def metrics() -> Response:
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
    router.include_router(page.router())
    app.include_router(router)
    return app


def refusing_application(reasons: Sequence[str]) -> FastAPI:
    """The application of a gateway whose configuration is wrong: every route says so."""
    app = _bare()
    body = {
        "Status": "unavailable",
        "Version": VERSION,
        "Error": "CONFIGURATION",
        "Message": "Auto-contouring is off until the configuration is right: " + "; ".join(reasons),
        "Reasons": list(reasons),
    }

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"], include_in_schema=False)
    def refuse(path: str) -> Response:
        return JSONResponse(body, status_code=503)

    return app


def _bare() -> FastAPI:
    app = FastAPI(
        title="Orthanc AutoContour",
        version=VERSION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # its page loads scripts from the internet, which a hospital's network does not have
        redoc_url=None,
    )
    answers.install(app)
    app.add_middleware(JsonBodies)

    @app.get(PREFIX + "/", include_in_schema=False)
    def home() -> Response:
        return RedirectResponse(f"{PREFIX}/app/")

    return app
