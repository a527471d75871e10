"""Routes about commissioning: which models have a report, and one more."""

from __future__ import annotations

from fastapi import APIRouter

from plugin.gateway.api.responses import errors
from plugin.gateway.api.schemas.commissioned import CommissionedAnswer, CommissionedRequest, Range
from plugin.jobs.job import iso
from plugin.quality.commissioning.table import Commissioned, CommissioningTable


def router(table: CommissioningTable) -> APIRouter:
    """Routes under /commissioned."""
    routes = APIRouter(prefix="/commissioned", tags=["quality"], responses=errors())

    @routes.get("", summary="The models that have a registered report of their commissioning")
    def list_commissioned() -> list[CommissionedAnswer]:
        return [_shown(one) for one in table.all()]

    @routes.post(
        "/reports",
        summary="Register the report of a commissioning",
        description="As `autocontour commission --register` does it. Rules with `RequireCommissioned` then let jobs of "
        "this model run. It is on record as evidence.",
    )
    def register_report(wanted: CommissionedRequest) -> CommissionedAnswer:
        made = table.register(
            Commissioned(
                report=wanted.report,
                model=wanted.model,
                target=wanted.target,
                digest=wanted.model_digest,
                version=wanted.model_version,
                cases=wanted.cases,
                at=0.0,
                span=wanted.range.model_dump(mode="json", by_alias=True),
                baseline=wanted.charted,
            )
        )
        return _shown(made)

    return routes


def _shown(one: Commissioned) -> CommissionedAnswer:
    return CommissionedAnswer(
        model=one.model,
        model_digest=one.digest,
        model_version=one.version,
        target=one.target,
        cases=one.cases,
        report=one.report,
        registered=iso(one.at),
        range=Range.model_validate(one.span),
        baseline=sorted(one.baseline or ()),
    )
