"""The route that delivers a stored result again."""

from __future__ import annotations

from fastapi import APIRouter

from plugin.gateway.api.answers import NotFound
from plugin.gateway.api.identifiers import JobInPath
from plugin.gateway.api.responses import errors
from plugin.gateway.api.schemas.deliveries import DeliverRequest
from plugin.gateway.api.schemas.jobs import JobAnswer
from plugin.gateway.operations.deliveries import DeliveryOperations
from plugin.gateway.operations.job_view import JobView
from plugin.jobs.store import JobStore


def router(table: JobStore, deliveries: DeliveryOperations, view: JobView) -> APIRouter:
    """Routes under /jobs that are about deliveries."""
    routes = APIRouter(prefix="/jobs", tags=["jobs"], responses=errors())

    @routes.post(
        "/{job_id}/deliver",
        summary="Send the stored result again",
        description="To the destinations that it had, or to those named. What is there already is sent again, too.",
        status_code=202,
        responses=errors(404, 409, 422),
        response_model_exclude_unset=True,
    )
    def deliver_job(job_id: JobInPath, wanted: DeliverRequest | None = None) -> JobAnswer:
        job = table.get(job_id)
        if job is None:
            raise NotFound("NO_JOB", "There is no such job.")
        names = None if wanted is None else wanted.destinations
        return JobAnswer.model_validate(view.show(deliveries.again(job, names)))

    return routes
