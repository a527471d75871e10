"""Routes about evidence: the certificate of a job, verification of the chain, the report of a month."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse

from plugin.evidence.service import EvidenceService
from plugin.gateway.api.identifiers import EVIDENCE_CODE, MONTH
from plugin.gateway.api.responses import FILE, TEXT, Responses, content, errors
from plugin.gateway.api.schemas.evidence import SignedCertificate, VerificationAnswer
from plugin.gateway.api.schemas.reports import SignedReport
from plugin.gateway.operations.dossier import Dossier

PAPER = content("application/pdf", "The signed document, as JSON or printed") | errors(404)
DOSSIER: Responses = {
    200: {
        "description": "The dossier, as signed PDF or as text",
        "content": {"application/pdf": FILE, "text/markdown": TEXT},
    }
}
# Their own readers say what is wrong with them; openapi.json says their form.
Code = Annotated[str, Path(json_schema_extra={"pattern": EVIDENCE_CODE})]
MonthInPath = Annotated[str, Path(json_schema_extra={"pattern": MONTH})]
Format = Annotated[Literal["json", "pdf"], Query(alias="format")]


def router(evidence: EvidenceService, dossier: Dossier) -> APIRouter:
    """Routes under /evidence, /reports and /dossier."""
    routes = APIRouter(tags=["evidence"], responses=errors())

    @routes.get("/evidence/verify", summary="Verify the whole chain now")
    def verify_evidence() -> VerificationAnswer:
        return VerificationAnswer.model_validate(evidence.verify().to_json())

    @routes.get(
        "/dossier",
        summary="The processing dossier of the configuration that is in force",
        response_class=Response,
        responses=DOSSIER,
    )
    def get_dossier(form: Annotated[Literal["pdf", "md"], Query(alias="format")] = "pdf") -> Response:
        if form == "pdf":
            return _pdf(dossier.pdf(), "dossier")
        headers = {"Content-Disposition": 'inline; filename="dossier.md"'}
        return Response(dossier.markdown(), media_type="text/markdown", headers=headers)

    # A signed document goes out as it was signed: written anew from a type, its bytes might be others.
    @routes.get(
        "/evidence/{code}",
        summary="The certificate of one job",
        response_model=SignedCertificate,
        responses=PAPER,
    )
    def get_certificate(code: Code, form: Format = "json") -> Response:
        if form == "json":
            return JSONResponse(evidence.certificate(code))
        return _pdf(evidence.certificate_pdf(code), "certificate")

    @routes.get(
        "/reports/{month}",
        summary="The report of a month (YYYY-MM)",
        response_model=SignedReport,
        responses=PAPER,
    )
    def get_report(month: MonthInPath, form: Format = "json") -> Response:
        if form == "json":
            return JSONResponse(evidence.report(month))
        return _pdf(evidence.report_pdf(month), "report")

    return routes


def _pdf(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)
