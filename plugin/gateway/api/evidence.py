"""Routes about evidence: the certificate of a job, verification of the chain, the report of a month."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from plugin.gateway.api.answers import described
from plugin.gateway.api.identifiers import EVIDENCE_CODE, MONTH
from plugin.gateway.gateway import Gateway

PAPER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, "application/pdf": {}}},
    **described(404, 422),
}
# Their own readers say what is wrong with them; openapi.json says their form.
Code = Annotated[str, Path(json_schema_extra={"pattern": EVIDENCE_CODE})]
MonthInPath = Annotated[str, Path(json_schema_extra={"pattern": MONTH})]
Format = Annotated[Literal["json", "pdf"], Query(alias="format")]


def router(gateway: Gateway) -> APIRouter:
    """Routes under /evidence and /reports."""
    routes = APIRouter(tags=["evidence"], responses=described())

    @routes.get("/evidence/verify", summary="Verify the whole chain now")
    def verify() -> dict[str, Any]:
        return gateway.desk.verify().to_json()

    @routes.get("/evidence/{code}", summary="The certificate of one job", response_model=None, responses=PAPER)
    def certificate(code: Code, form: Format = "json") -> dict[str, Any] | Response:
        if form == "json":
            return gateway.desk.certificate(code)
        return _pdf(gateway.desk.certificate_pdf(code), "certificate")

    @routes.get("/reports/{month}", summary="The report of a month (YYYY-MM)", response_model=None, responses=PAPER)
    def report(month: MonthInPath, form: Format = "json") -> dict[str, Any] | Response:
        if form == "json":
            return gateway.desk.report(month)
        return _pdf(gateway.desk.report_pdf(month), "report")

    return routes


def _pdf(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)
