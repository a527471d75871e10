"""Routes about the decision of a person on a job's result, as a document."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from plugin.gateway.api.answers import NotFound
from plugin.gateway.api.identifiers import JobInPath
from plugin.gateway.api.methods import refuse_methods
from plugin.gateway.api.responses import FILE, Responses, errors
from plugin.gateway.api.schemas.assessments import AssessmentAnswer, AssessmentRequest, StoredAssessment
from plugin.gateway.api.schemas.forms import OrthancId
from plugin.gateway.operations.assessments import Assessments
from plugin.jobs.job import Job
from plugin.jobs.store import JobStore

VERSION = "The Orthanc id of a version: that one instead of the one that counts."
IDENTIFIED = "Whether UIDs and ids of Orthanc's are named, which lead to the patient inside the hospital."
DICOM, FHIR = "application/dicom", "application/fhir+json"
# A bundle as HL7 defines it; in more detail by its own definitions, not by ours.
BUNDLE = {
    "type": "object",
    "title": "FHIR R4 Bundle",
    "required": ["resourceType", "type", "entry"],
    "properties": {
        "resourceType": {"const": "Bundle"},
        "type": {"const": "collection"},
        "entry": {"type": "array", "items": {"type": "object", "required": ["fullUrl", "resource"]}},
    },
}
DOCUMENTS: Responses = {
    200: {
        "description": "The decisions; as DICOM SR with the patient in it, as FHIR R4 bundle, or as JSON",
        "content": {DICOM: FILE, FHIR: {"schema": BUNDLE}},
    }
}
Form = Annotated[Literal["json", "fhir", "sr"], Query(alias="format")]
OfVersion = Annotated[OrthancId | None, Query(alias="Version", description=VERSION)]


def router(table: JobStore, assessments: Assessments) -> APIRouter:
    """Routes under /jobs/{job_id}/assessment."""
    routes = APIRouter(prefix="/jobs", tags=["quality"], responses=errors())

    def found(job_id: str) -> Job:
        job = table.get(job_id)
        if job is None:
            raise NotFound("NO_JOB", "There is no such job.")
        return job

    @routes.get(
        "/{job_id}/assessment",
        summary="What a person decided on each ROI, as a document",
        description="The decision on record: kept, edited, deleted, added, not comparable, with its numbers.",
        response_model=AssessmentAnswer,
        responses=DOCUMENTS | errors(404, 409),
    )
    def get_assessment(
        job_id: JobInPath,
        form: Form = "json",
        version: OfVersion = None,
        identified: Annotated[bool, Query(description=IDENTIFIED)] = False,
    ) -> AssessmentAnswer | Response:
        job = found(job_id)
        if form == "sr":
            headers = {"Content-Disposition": 'attachment; filename="assessment.dcm"', "Cache-Control": "no-store"}
            return Response(assessments.report(job, version), media_type=DICOM, headers=headers)
        if form == "fhir":
            headers = {"Content-Disposition": 'attachment; filename="assessment.json"', "Cache-Control": "no-store"}
            bundle = assessments.fhir(job, version, identified=identified)
            return JSONResponse(bundle, media_type=FHIR, headers=headers)
        return AssessmentAnswer.model_validate(assessments.json(job, version, identified=identified))

    @routes.post(
        "/{job_id}/assessment",
        summary="Store the decision as DICOM SR in the patient's study",
        description="It is read back; asking twice stores one. Of the version that counts, or of `Version`.",
        responses=errors(404, 409),
    )
    def store_assessment(job_id: JobInPath, wanted: AssessmentRequest | None = None) -> StoredAssessment:
        return StoredAssessment(instance=assessments.keep(found(job_id), None if wanted is None else wanted.version))

    # Else only the first of the two methods would be named.
    refuse_methods(routes, "/{job_id}/assessment", "PUT", "DELETE", allow="GET, POST")
    return routes
