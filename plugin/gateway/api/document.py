"""What openapi.json says of the API as a whole, so that a client can be made from it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from plugin.gateway.api.schemas.jobs import EXAMPLE

SUMMARY = "Auto-contouring beside Orthanc: its jobs, its rules, its targets, and the evidence of what it did."
DESCRIPTION = (
    "Every address lies under Orthanc's own and is open to Orthanc's users as Orthanc's own routes are. Every answer "
    "that is no success is `{Error, Message}` with a fitting status; 401 is Orthanc's own, without a body. Times are "
    "ISO 8601 in UTC. Later releases may add keys to answers; a key of a body or a parameter of an address that is "
    "not known is refused. Of addresses of POST, Orthanc passes on nothing behind the `?`."
)
TAGS = [
    {"name": "gateway", "description": "Whether it works, for people and for Prometheus."},
    {"name": "jobs", "description": "What is done with each series."},
    {"name": "series", "description": "A series of Orthanc: contour it; see what would leave."},
    {"name": "studies", "description": "Studies of Orthanc: contour their series."},
    {"name": "routing", "description": "What the site's rules say, and why."},
    {
        "name": "lua",
        "description": "For routing/autocontour.lua: always 200, as Lua sees no other status.",
    },
    {"name": "targets", "description": "Where series are drawn: how they are, pause, resume."},
    {"name": "quality", "description": "Whether models still draw as they did, and what people made of our contours."},
    {"name": "evidence", "description": "Certificates, reports and the chain behind them."},
    {"name": "subjects", "description": "The rights of a patient, named by PatientID in the body."},
]
USERS = {
    "type": "http",
    "scheme": "basic",
    "description": "A user of Orthanc (`RegisteredUsers`); none where Orthanc asks for none.",
}


def operation_id(route: APIRoute) -> str:
    """Return the name of an operation, which generated clients use for its function."""
    return route.name


def describe(app: FastAPI) -> None:
    """Let openapi.json say what holds for all operations."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                summary=SUMMARY,
                description=DESCRIPTION,
                routes=app.routes,
                tags=TAGS,
            )
            made["components"]["securitySchemes"] = {"OrthancUser": USERS}
            # Here and not at its type, for FastAPI leaves the nulls of examples out.
            made["components"]["schemas"]["JobAnswer"]["examples"] = [EXAMPLE]
            made["security"] = [{"OrthancUser": []}, {}]
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to change the document
