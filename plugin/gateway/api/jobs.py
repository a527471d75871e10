"""Routes about jobs: list, show, cancel, retry, preview."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from plugin.gateway.api.answers import BadRequest, Conflict, NotFound, described
from plugin.gateway.api.identifiers import JobInPath, OrthancId
from plugin.gateway.gateway import Gateway
from plugin.jobs.job import Job, State

MAX_LIMIT = 1000
MAX_SLICE = 1_000_000


PICTURE: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}}, **described(404, 409, 422)}


def router(gateway: Gateway) -> APIRouter:
    """Routes under /jobs."""
    routes = APIRouter(prefix="/jobs", tags=["jobs"], responses=described())

    def found(job_id: str) -> Job:
        job = gateway.jobs.get(job_id)
        if job is None:
            raise NotFound("NO_JOB", "There is no such job.")
        return job

    @routes.get("", summary="The jobs, newest first")
    def list_jobs(
        series: Annotated[OrthancId | None, Query(alias="Series")] = None,
        study: Annotated[OrthancId | None, Query(alias="Study")] = None,
        state: Annotated[str | None, Query(alias="State")] = None,
        limit: Annotated[int, Query(alias="Limit", ge=1, le=MAX_LIMIT)] = 100,
        since: Annotated[str | None, Query(alias="Since")] = None,
    ) -> list[dict[str, Any]]:
        jobs = gateway.jobs.list(series=series, study=study, states=_states(state), since=_seconds(since), limit=limit)
        return [gateway.show(job) for job in jobs]

    @routes.get("/{job_id}", summary="One job", responses=described(404))
    def show(job_id: JobInPath) -> dict[str, Any]:
        return gateway.show(found(job_id))

    @routes.post("/{job_id}/cancel", summary="Cancel an open job", responses=described(404, 409))
    def cancel(job_id: JobInPath) -> dict[str, Any]:
        job = found(job_id)
        if job.state.final or not gateway.cancel(job, State.CANCELLED, "The job was cancelled by a user."):
            raise Conflict("JOB_ENDED", "The job has ended, or its RTSTRUCT is stored; there is nothing to cancel.")
        return gateway.show(found(job_id))

    @routes.post(
        "/{job_id}/retry", summary="Run a failed, rejected or cancelled job again", responses=described(404, 409)
    )
    def retry(job_id: JobInPath) -> dict[str, Any]:
        job = gateway.retry(found(job_id))
        if job is None:
            state = found(job_id).state
            raise Conflict("JOB_STATE", f"The job is {state}; only a failed, rejected or cancelled one can be retried.")
        return gateway.show(job)

    @routes.get("/{job_id}/preview", summary="Contours over the image", response_class=Response, responses=PICTURE)
    def preview(
        job_id: JobInPath,
        plane: Annotated[Literal["axial", "coronal", "sagittal"] | None, Query(alias="Plane")] = None,
        number: Annotated[int | None, Query(alias="Slice", ge=0, le=MAX_SLICE)] = None,
    ) -> Response:
        job = found(job_id)
        if job.rtstruct is None:
            raise Conflict("NO_RTSTRUCT", f"The job is {job.state} and has no RTSTRUCT to show.")
        png = gateway.preview(job, plane, number)
        return Response(png, media_type="image/png", headers={"Cache-Control": "private, max-age=60"})

    return routes


def _states(text: str | None) -> list[State] | None:
    if not text:
        return None
    try:
        return [State(word.strip().lower()) for word in text.split(",")]
    except ValueError:
        allowed = ", ".join(State)
        raise BadRequest("BAD_STATE", f"State is one of {allowed}, or several with commas between.") from None


def _seconds(text: str | None) -> float | None:
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BadRequest("BAD_TIME", "Since is a time in ISO 8601, such as 2026-01-31T12:00:00Z.") from None
