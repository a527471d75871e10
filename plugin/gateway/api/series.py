"""Routes about one series of Orthanc: what became of it; request its contouring; see what would leave."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse, StreamingResponse

from plugin.gateway.api.identifiers import SeriesInPath
from plugin.gateway.api.responses import content, errors
from plugin.gateway.api.schemas.jobs import JobAnswer
from plugin.gateway.api.schemas.series import ContourRequest, OutgoingAnswer, SeriesAnswer
from plugin.gateway.operations.job_view import JobView
from plugin.gateway.operations.jobs import JobOperations
from plugin.gateway.operations.outcomes import Outcomes
from plugin.gateway.operations.outgoing import Outgoing


def router(jobs: JobOperations, view: JobView, outgoing: Outgoing, outcomes: Outcomes) -> APIRouter:
    """Routes under /series."""
    routes = APIRouter(prefix="/series", tags=["series"], responses=errors(404))

    @routes.get(
        "/{series}",
        summary="What became of this series, and why",
        description="Arriving and what for, decided and why, no rule matched and why; and its jobs.",
        response_model_exclude_unset=True,
    )
    def get_series(series: SeriesInPath) -> SeriesAnswer:
        return SeriesAnswer.model_validate(outcomes.of(series))

    @routes.post(
        "/{series}/jobs", status_code=202, summary="Contour this series now", response_model_exclude_unset=True
    )
    def contour_series(series: SeriesInPath, wanted: ContourRequest | None = None) -> JobAnswer:
        return JobAnswer.model_validate(view.show_all(jobs.request(series, (wanted or ContourRequest()).asked)))

    @routes.get(
        "/{series}/outgoing",
        summary="What would leave; nothing does",
        description="Every attribute before and after; as ZIP the very files, byte for byte.",
        response_model=OutgoingAnswer,
        responses=content("application/zip", "What would leave, described or as files"),
    )
    def get_outgoing(
        series: SeriesInPath, form: Annotated[Literal["json", "zip"], Query(alias="format")] = "json"
    ) -> Response:
        if form == "json":
            return JSONResponse(outgoing.document(series))
        headers = {"Content-Disposition": 'attachment; filename="outgoing.zip"', "Cache-Control": "no-store"}
        return StreamingResponse(outgoing.zip(series), media_type="application/zip", headers=headers)

    return routes
