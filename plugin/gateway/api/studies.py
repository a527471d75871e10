"""Routes about whole studies of Orthanc: request contours for each series, by the rules."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter

from plugin.gateway.api.identifiers import StudyInPath
from plugin.gateway.api.responses import errors
from plugin.gateway.api.schemas.jobs import JobAnswer
from plugin.gateway.api.schemas.studies import RefusedSeriesAnswer, RequestedStudiesAnswer, StudiesRequest
from plugin.gateway.operations.job_view import JobView
from plugin.gateway.operations.study_requests import StudyRequests


def router(study_requests: StudyRequests, view: JobView) -> APIRouter:
    """Routes under /studies."""
    routes = APIRouter(prefix="/studies", tags=["studies"], responses=errors(404))

    def answer(studies: Sequence[str]) -> RequestedStudiesAnswer:
        requested = study_requests.request(studies)
        return RequestedStudiesAnswer(
            jobs=[JobAnswer.model_validate(view.show(job)) for job in requested.jobs],
            refused=[
                RefusedSeriesAnswer(series=one.series, error=one.code, message=one.message) for one in requested.refused
            ],
        )

    @routes.post(
        "/jobs", status_code=202, summary="Contour the series of these studies", response_model_exclude_unset=True
    )
    def contour_studies(wanted: StudiesRequest) -> RequestedStudiesAnswer:
        return answer(wanted.studies)

    @routes.post(
        "/{study}/jobs", status_code=202, summary="Contour the series of this study", response_model_exclude_unset=True
    )
    def contour_study(study: StudyInPath) -> RequestedStudiesAnswer:
        return answer([study])

    return routes
