"""Routes for routing/autocontour.lua. They always answer 200: Orthanc's Lua sees no answer of any other status.

Measured on 1.10.1: ``RestApiPost`` gives nil for a 202 as for a 422, and logs "Unknown resource" for both.
"""

from __future__ import annotations

from fastapi import APIRouter

from model.errors import AutocontourError
from plugin.gateway.api.identifiers import SeriesInPath
from plugin.gateway.api.responses import errors
from plugin.gateway.api.schemas.errors import ErrorAnswer
from plugin.gateway.api.schemas.jobs import JobAnswer
from plugin.gateway.api.schemas.series import ContourRequest, VetoAnswer, VetoRequest
from plugin.gateway.operations.job_view import JobView
from plugin.gateway.operations.jobs import JobOperations


def router(jobs: JobOperations, view: JobView) -> APIRouter:
    """Routes under /lua."""
    routes = APIRouter(prefix="/lua", tags=["lua"], responses=errors(404))

    @routes.post(
        "/series/{series}/jobs",
        summary="Contour this series now, asked by the site's Lua",
        description="Answers the job, or why there is none.",
        response_model_exclude_unset=True,
    )
    def contour_series_for_lua(series: SeriesInPath, wanted: ContourRequest | None = None) -> JobAnswer | ErrorAnswer:
        try:
            return JobAnswer.model_validate(view.show_all(jobs.request(series, (wanted or ContourRequest()).asked)))
        except AutocontourError as error:
            return ErrorAnswer(error=error.code, message=error.message)

    @routes.post("/series/{series}/veto", summary="End the open jobs of this series as excluded")
    def veto_series_for_lua(series: SeriesInPath, said: VetoRequest) -> VetoAnswer:
        return VetoAnswer(jobs=jobs.veto(series, f"The site's Lua vetoed: {said.reason}"))

    return routes
