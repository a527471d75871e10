"""Routes about jobs: list, find, show, cancel, retry, preview."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from plugin.gateway.api.answers import BadRequest, Conflict, NotFound
from plugin.gateway.api.cursor import read_cursor, write_next
from plugin.gateway.api.identifiers import JobInPath
from plugin.gateway.api.methods import refuse_methods
from plugin.gateway.api.responses import content, errors
from plugin.gateway.api.schemas.find import FindRequest, FoundJobs
from plugin.gateway.api.schemas.forms import OrthancId
from plugin.gateway.api.schemas.jobs import JobAnswer, JobPage
from plugin.gateway.api.times import seconds
from plugin.gateway.operations.job_view import JobView
from plugin.gateway.operations.jobs import JobOperations
from plugin.gateway.operations.preview import Previews
from plugin.jobs.filters import JobFilter
from plugin.jobs.finder import JobFinder
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore

MAX_LIMIT = 1000
MAX_SLICE = 1_000_000

STATES = "One state, or several with commas between."
SINCE = "Jobs that changed at this time or later."
UNTIL = "Jobs that changed before this time."
FLAGGED = "Whether a structure of the job is flagged for somebody to look at."
LONGEST = 200
CURSOR = (
    "Asks for pages: empty for the first, then what `Next` of the page before says. What arrives meanwhile moves no "
    "job from one page to another."
)


def router(
    table: JobStore, finder: JobFinder, operations: JobOperations, view: JobView, previews: Previews
) -> APIRouter:
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
        model: Annotated[str | None, Query(alias="Model", max_length=LONGEST)] = None,
        target: Annotated[str | None, Query(alias="Target", max_length=LONGEST)] = None,
        rule: Annotated[str | None, Query(alias="Rule", max_length=LONGEST)] = None,
        since: Annotated[str | None, Query(alias="Since", description=SINCE)] = None,
        until: Annotated[str | None, Query(alias="Until", description=UNTIL)] = None,
        flagged: Annotated[bool | None, Query(alias="Flagged", description=FLAGGED)] = None,
        cursor: Annotated[str | None, Query(alias="Cursor", description=CURSOR)] = None,
    ) -> list[JobAnswer] | JobPage:
        wanted = JobFilter(
            series=_one(series),
            study=study,
            states=_states(state),
            models=_one(model),
            targets=_one(target),
            rules=_one(rule),
            since=seconds("Since", since),
            until=seconds("Until", until),
            flagged=flagged,
        )
        page = finder.page(read_cursor(cursor or ""), wanted, limit)
        if cursor is None:
            return [answer(job) for job in page.jobs]
        return JobPage(jobs=[answer(job) for job in page.jobs], next=write_next(page.after))

    @routes.post(
        "/find",
        summary="The jobs of a search, newest first, without their details",
        description="A page of short rows; with `Counts` how many jobs there are, and how many by each filter.",
        response_model_exclude_unset=True,
    )
    def find_jobs(asked: FindRequest) -> FoundJobs:
        wanted = _wanted(asked)
        page = finder.rows(read_cursor(asked.cursor), wanted, asked.limit)
        rows = [view.show_row(row) for row in page.jobs]
        found = {"Jobs": rows, "Next": write_next(page.after)}
        return FoundJobs.model_validate(found | ({"Counts": finder.counts(wanted).to_json()} if asked.counts else {}))

    refuse_methods(routes, "/find", "GET", allow="POST")  # else it would be the job of this name

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


def _wanted(asked: FindRequest) -> JobFilter:
    return JobFilter(
        series=asked.series,
        studies=asked.studies,
        states=asked.state,
        models=asked.model,
        targets=asked.target,
        rules=asked.rule,
        since=seconds("Since", asked.since),
        until=seconds("Until", asked.until),
        flagged=asked.flagged,
    )


def _one(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else (text,)
