"""Routes about jobs: list, show, cancel, retry, preview."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from plugin.gateway.api.answers import BadRequest, Conflict, NotFound
from plugin.gateway.api.cursor import read_cursor, write_cursor
from plugin.gateway.api.identifiers import JobInPath
from plugin.gateway.api.responses import content, errors
from plugin.gateway.api.schemas.forms import OrthancId
from plugin.gateway.api.schemas.jobs import JobAnswer, JobPage
from plugin.gateway.operations.job_view import JobView
from plugin.gateway.operations.jobs import JobOperations
from plugin.gateway.operations.preview import Previews
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore

MAX_LIMIT = 1000
MAX_SLICE = 1_000_000

STATES = "One state, or several with commas between."
SINCE = "Jobs that changed at this time or later."
CURSOR = (
    "Asks for pages: empty for the first, then what `Next` of the page before says. What arrives meanwhile moves no "
    "job from one page to another."
)


def router(table: JobStore, operations: JobOperations, view: JobView, previews: Previews) -> APIRouter:
    """Routes under /jobs."""
    routes = APIRouter(prefix="/jobs", tags=["jobs"], responses=errors())

    def found(job_id: str) -> Job:
        job = table.get(job_id)
        if job is None:
            raise NotFound("NO_JOB", "There is no such job.")
        return job

    def answer(job: Job) -> JobAnswer:
        return JobAnswer.model_validate(view.show(job))

    @routes.get(
        "",
        summary="The jobs, newest first",
        description="A list of the newest ones; with `Cursor` a page, and where the next one begins.",
        response_model_exclude_unset=True,
    )
    def list_jobs(
        series: Annotated[OrthancId | None, Query(alias="Series")] = None,
        study: Annotated[OrthancId | None, Query(alias="Study")] = None,
        state: Annotated[str | None, Query(alias="State", description=STATES, examples=["waiting,running"])] = None,
        limit: Annotated[int, Query(alias="Limit", ge=1, le=MAX_LIMIT)] = 100,
        since: Annotated[str | None, Query(alias="Since", description=SINCE)] = None,
        cursor: Annotated[str | None, Query(alias="Cursor", description=CURSOR)] = None,
    ) -> list[JobAnswer] | JobPage:
        states, changed = _states(state), _seconds(since)
        if cursor is None:
            jobs = table.list(series=series, study=study, states=states, since=changed, limit=limit)
            return [answer(job) for job in jobs]
        page = table.page(read_cursor(cursor), series=series, study=study, states=states, since=changed, limit=limit)
        following = None if page.after is None else write_cursor(page.after)
        return JobPage(jobs=[answer(job) for job in page.jobs], next=following)

    @routes.get("/{job_id}", summary="One job", responses=errors(404), response_model_exclude_unset=True)
    def get_job(job_id: JobInPath) -> JobAnswer:
        return answer(found(job_id))

    @routes.post(
        "/{job_id}/cancel",
        summary="Cancel an open job",
        responses=errors(404, 409),
        response_model_exclude_unset=True,
    )
    def cancel_job(job_id: JobInPath) -> JobAnswer:
        job = found(job_id)
        if job.state.final or not operations.cancel(job):
            raise Conflict("JOB_ENDED", "The job has ended, or its RTSTRUCT is stored; there is nothing to cancel.")
        return answer(found(job_id))

    @routes.post(
        "/{job_id}/retry",
        summary="Run a failed, rejected or cancelled job again, where that can help",
        description="A job without a model is `superseded` instead: its series is looked at anew by the rules.",
        responses=errors(404, 409),
        response_model_exclude_unset=True,
    )
    def retry_job(job_id: JobInPath) -> JobAnswer:
        return answer(operations.retry(found(job_id)))

    @routes.get(
        "/{job_id}/preview",
        summary="Contours over the image",
        description="One plane, or all three side by side.",
        response_class=Response,
        responses=content("image/png", "The picture") | errors(404, 409),
    )
    def get_preview(
        job_id: JobInPath,
        plane: Annotated[Literal["axial", "coronal", "sagittal"] | None, Query(alias="Plane")] = None,
        number: Annotated[int | None, Query(alias="Slice", ge=0, le=MAX_SLICE)] = None,
    ) -> Response:
        job = found(job_id)
        if job.rtstruct is None:
            raise Conflict("NO_RTSTRUCT", f"The job is {job.state} and has no RTSTRUCT to show.")
        png = previews.png(job, plane, number)
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
