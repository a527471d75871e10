"""Routes about evidence: the certificate of a job, verification of the chain, the report of a month."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from plugin.gateway.gateway import Gateway

Format = Annotated[Literal["json", "pdf"], Query(alias="format")]


def router(gateway: Gateway) -> APIRouter:
    """Routes under /evidence and /reports."""
    routes = APIRouter(tags=["evidence"])

    @routes.get("/evidence/verify", summary="Verify the whole chain now")
    def verify() -> dict[str, Any]:
        return gateway.desk.verify().to_json()

    @routes.get("/evidence/{code}", summary="The certificate of one job", response_model=None)
    def certificate(code: str, form: Format = "json") -> dict[str, Any] | Response:
        if form == "json":
            return gateway.desk.certificate(code)
        return _pdf(gateway.desk.certificate_pdf(code), "certificate")

    @routes.get("/reports/{month}", summary="The report of a month (YYYY-MM)", response_model=None)
    def report(month: str, form: Format = "json") -> dict[str, Any] | Response:
        if form == "json":
            return gateway.desk.report(month)
        return _pdf(gateway.desk.report_pdf(month), "report")

    return routes


def _pdf(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)
