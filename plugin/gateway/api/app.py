"""The REST API under /autocontour/, as Orthanc passes it through; each route hands on and shapes the answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.responses import JSONResponse

from model.evidence.verification import keys_beside, verify
from model.http_queries import declared_only
from plugin.evidence.alerts import Alert
from plugin.gateway.api import (
    answers,
    assessments,
    commissioned,
    constancy,
    deliveries,
    evidence,
    health,
    jobs,
    lua,
    now,
    page,
    quality,
    quality_charts,
    routing,
    series,
    studies,
    subjects,
    support,
    targets,
)
from plugin.gateway.api.document import describe, operation_id
from plugin.gateway.api.door import Door
from plugin.gateway.api.hosts import Hosts
from plugin.gateway.api.json_bodies import JsonBodies
from plugin.gateway.api.metrics import CONTENT_TYPE, refusing_metrics
from plugin.gateway.operations.operations import Operations
from plugin.version import VERSION

PREFIX = "/autocontour"
QUERIES = (Depends(declared_only),)


def application(operations: Operations, hosts: Hosts) -> FastAPI:
    """Return the application of a gateway that works, or is about to; it answers to ``hosts``."""
    app = _bare(hosts, openapi_url=f"{PREFIX}/openapi.json")
    describe(app)
    router = APIRouter(prefix=PREFIX, dependencies=QUERIES)

    # The plugin inside Orthanc may be of another version for a while: this address stays what it was.
    @app.post("/internal/bell", include_in_schema=False, status_code=204)
    def wake() -> Response:
        operations.intake.notify()
        return Response(status_code=204)

    router.include_router(health.router(operations.health))
    router.include_router(now.router(operations.moments))
    router.include_router(
        jobs.router(operations.table, operations.finder, operations.jobs, operations.view, operations.previews)
    )
    router.include_router(deliveries.router(operations.table, operations.deliveries, operations.view))
    router.include_router(series.router(operations.jobs, operations.view, operations.outgoing, operations.outcomes))
    router.include_router(studies.router(operations.study_requests, operations.view))
    router.include_router(routing.router(operations.explanations, operations.trials))
    router.include_router(lua.router(operations.jobs, operations.view))
    router.include_router(targets.router(operations.targets))
    router.include_router(commissioned.router(operations.commissioning, operations.face_proofs))
    router.include_router(constancy.router(operations.constancy))
    router.include_router(evidence.router(operations.evidence, operations.dossier))
    router.include_router(subjects.router(operations.rights))
    router.include_router(quality_charts.router(operations.quality_charts))
    # After the charts: a job is any other word there.
    router.include_router(quality.router(operations.table, operations.quality, operations.quality_charts))
    router.include_router(assessments.router(operations.table, operations.assessments))
    router.include_router(support.router(operations.support))
    app.include_router(router)
    app.include_router(page.router(PREFIX))
    return app


# Until when contouring is off; what ends by itself, or when somebody mends it, needs no restart.
UNTIL = {
    "ANOTHER_INDEX": "its Orthanc has the index of the others",
    "CONFIGURATION": "the configuration is right",
    "DATABASE_BUSY": "the database has time for us",
    "DATABASE_READ_ONLY": "the database can be written",
    "DATABASE_REFUSED": "the database lets us in",
    "DATABASE_UNREACHABLE": "the database can be reached",
    "DISK_FULL": "there is room",
    "STATE_IN_USE": "the other gateway has ended",
    "STATE_UNWRITABLE": "the state directory can be written",
    "ORTHANC_UNREACHABLE": "this gateway's Orthanc answers",
    "ORTHANC_CERTIFICATE": "the file can be used",
}


def refusing_application(
    reasons: Sequence[str],
    hosts: Hosts,
    *,
    code: str = "CONFIGURATION",
    alerts: Sequence[Alert] = (),
    chain: Path | None = None,
) -> FastAPI:
    """Return the application of a gateway that may not work: every route says why, by default the configuration.

    The page shows it too; the metrics tell of the alerts, and the chain in that folder can be verified all the same.
    """
    app = _bare(hosts, openapi_url=None)
    what = UNTIL.get(code, "somebody has looked")
    body = {
        "Status": "unavailable",
        "Version": VERSION,
        "Error": code,
        "Message": f"Auto-contouring is off until {what}: " + "; ".join(reasons),
        "Reasons": list(reasons),
        "Alerts": [alert.to_json() for alert in alerts],
    }

    @app.get(f"{PREFIX}/metrics", dependencies=QUERIES)
    def metrics() -> Response:
        return Response(refusing_metrics(alerts), media_type=CONTENT_TYPE)

    if chain is not None:

        @app.get(f"{PREFIX}/evidence/verify", dependencies=QUERIES)
        def verified() -> dict[str, Any]:
            return verify(chain, keys_beside(chain)).to_json()

    app.include_router(page.router(PREFIX))

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"], include_in_schema=False)
    def refuse(path: str) -> Response:
        return JSONResponse(body, status_code=503)

    return app


def _bare(hosts: Hosts, *, openapi_url: str | None) -> FastAPI:
    app = FastAPI(
        title="Orthanc AutoContour",
        version=VERSION,
        openapi_url=openapi_url,
        docs_url=None,  # its page loads scripts from the internet, which a hospital's network does not have
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    answers.install(app)
    app.add_middleware(JsonBodies)
    app.add_middleware(Door, hosts=hosts)
    return app
