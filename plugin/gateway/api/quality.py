"""Routes about what people made of our results."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from plugin.gateway.api.answers import NotFound
from plugin.gateway.api.identifiers import JobInPath
from plugin.gateway.api.responses import content, errors
from plugin.gateway.api.schemas.forms import OrthancId
from plugin.gateway.api.schemas.quality import JobComparisonAnswer, QualityAnswer
from plugin.gateway.api.times import seconds
from plugin.gateway.operations.quality import Quality, QualityFilter
from plugin.gateway.operations.quality_charts import QualityCharts
from plugin.jobs.store import JobStore
from plugin.quality.charts.point import Value

LONGEST = 200
MAX_LIMIT = 10_000
VERSION = "The Orthanc id of a version: its ROIs instead of those of the one that counts."
SINCE = "Versions that came at this time or later."


def router(table: JobStore, quality: Quality, charts: QualityCharts) -> APIRouter:
    """Routes under /quality."""
    routes = APIRouter(prefix="/quality", tags=["quality"], responses=errors())

    @routes.get(
        "",
        summary="What people changed in our contours, ROI by ROI",
        description="The newest first, as JSON; all of them as CSV, the oldest first.",
        response_model=QualityAnswer,
        responses=content("text/csv", "The comparisons", text=True),
    )
    def list_quality(
        structure: Annotated[str | None, Query(alias="Structure", max_length=LONGEST)] = None,
        model: Annotated[str | None, Query(alias="Model", max_length=LONGEST)] = None,
        digest: Annotated[str | None, Query(alias="Digest", max_length=64)] = None,
        target: Annotated[str | None, Query(alias="Target", max_length=LONGEST)] = None,
        since: Annotated[str | None, Query(alias="Since", description=SINCE)] = None,
        limit: Annotated[int, Query(alias="Limit", ge=1, le=MAX_LIMIT)] = 1000,
        form: Annotated[Literal["json", "csv"], Query(alias="Format")] = "json",
    ) -> QualityAnswer | Response:
        wanted = QualityFilter(structure, model, digest, target, seconds("Since", since))
        if form == "csv":
            headers = {"Content-Disposition": 'attachment; filename="quality.csv"', "Cache-Control": "no-store"}
            return StreamingResponse(quality.csv(wanted), media_type="text/csv", headers=headers)
        drawn = charts.show(Value.ADDED_PATH_LENGTH, structure=structure, model=model, target=target, scanner=None)
        answer = {"Rows": quality.rows(wanted, limit), "Months": quality.months()}
        return QualityAnswer.model_validate(answer | {"Charts": drawn["Charts"], "Alerts": drawn["Alerts"]})

    @routes.get(
        "/{job_id}",
        summary="What people made of the result of one job",
        description="The version that counts, or the one of `Version`, ROI by ROI, and every version that came.",
        responses=errors(404),
    )
    def get_comparison(
        job_id: JobInPath, version: Annotated[OrthancId | None, Query(alias="Version", description=VERSION)] = None
    ) -> JobComparisonAnswer:
        job = table.get(job_id)
        if job is None:
            raise NotFound("NO_JOB", "There is no such job.")
        found = quality.of_job(job, version)
        if found is None:
            raise NotFound("NO_VERSION", "No version of what people made of this job's result is this instance.")
        return JobComparisonAnswer.model_validate(found)

    return routes
