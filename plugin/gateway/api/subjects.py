"""Routes about a patient's rights: what was done, erase what we hold, object, take it back, take it along.

The PatientID comes in a body: on its way through Orthanc an address is decoded and normalised (``A%5CB`` arrives as
``A/B``, ``G%2F`` as ``G``), and what holds for a patient must not hold for another. Nothing of it is logged.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, NoReturn

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse, StreamingResponse

from plugin.gateway.api.answers import BadRequest
from plugin.gateway.api.identifiers import PLAIN_ID
from plugin.gateway.api.methods import refuse_methods
from plugin.gateway.api.responses import content, errors
from plugin.gateway.api.schemas.subjects import (
    ErasedAnswer,
    ExportAnswer,
    ExportRequest,
    ObjectionAnswer,
    SubjectAnswer,
    SubjectRequest,
    WithdrawnAnswer,
)
from plugin.gateway.operations.rights import Rights

DEEDS = ("find", "erase", "objection", "withdraw", "export")
FORM = (
    "The rights of a patient are asked for with the PatientID in the body: POST /autocontour/subjects/find, erase, "
    'objection, withdraw or export with {"PatientID": "…"}; an address would be changed on its way through Orthanc.'
)


def router(rights: Rights) -> APIRouter:
    """Routes under /subjects."""
    routes = APIRouter(prefix="/subjects", tags=["subjects"], responses=errors())

    @routes.post("/find", summary="What was done with this patient's data", response_model_exclude_unset=True)
    def find_subject(subject: SubjectRequest) -> SubjectAnswer:
        return SubjectAnswer.model_validate(rights.find(subject.patient_id))

    @routes.post("/erase", summary="Erase what is held here of this patient")
    def erase_subject(subject: SubjectRequest) -> ErasedAnswer:
        return ErasedAnswer.model_validate(rights.erase(subject.patient_id))

    @routes.post("/objection", summary="Never process this patient's series from now on")
    def object_to_processing(subject: SubjectRequest) -> ObjectionAnswer:
        return ObjectionAnswer.model_validate(rights.object_to(subject.patient_id))

    @routes.post("/withdraw", summary="Take the objection back")
    def withdraw_objection(subject: SubjectRequest) -> WithdrawnAnswer:
        return WithdrawnAnswer.model_validate(rights.withdraw(subject.patient_id))

    # With signed certificates in it, so it goes out as it was made.
    @routes.post(
        "/export",
        summary="All that is held of this patient, to take along",
        description=(
            "As ZIP a file for each thing: the same JSON, each certificate as JSON and as PDF, what is held of each "
            "job, our structure sets from Orthanc, and a page that says what each file is. `format` stands in the "
            "address or, as `Format`, in the body: Orthanc passes addresses of POST on without what is behind the `?`."
        ),
        response_model=ExportAnswer,
        responses=content("application/zip", "All that is held, as one document or as files"),
    )
    def export_subject(
        subject: ExportRequest, form: Annotated[Literal["json", "zip"], Query(alias="format")] = "json"
    ) -> Response:
        if "zip" in (form, subject.format):
            named = {
                "Content-Disposition": 'attachment; filename="autocontour-export.zip"',
                "Cache-Control": "no-store",
            }
            return StreamingResponse(rights.export_zip(subject.patient_id), media_type="application/zip", headers=named)
        headers = {"Content-Disposition": 'attachment; filename="autocontour-export.json"'}
        return JSONResponse(rights.export(subject.patient_id), headers=headers)

    # Told apart from patients of these names, so that a deed asked for in a wrong way is no answer about somebody.
    for deed in DEEDS:
        refuse_methods(routes, f"/{deed}", "GET", "PUT", "DELETE", allow="POST")

    @routes.get(
        "/{PatientID}",
        summary="The same as find, for plain ids; the answer repeats the id that arrived",
        response_model_exclude_unset=True,
    )
    def get_subject(
        patient_id: Annotated[str, Path(alias="PatientID", json_schema_extra={"pattern": PLAIN_ID})],
    ) -> SubjectAnswer:
        if re.fullmatch(PLAIN_ID, patient_id) is None:
            raise BadRequest("SUBJECT_BY_PATH", FORM)
        return SubjectAnswer.model_validate({"PatientID": patient_id} | rights.find(patient_id))

    routes.add_api_route(
        "/{rest:path}",
        _by_path,
        methods=["GET", "POST", "PUT", "DELETE"],
        response_model=None,
        include_in_schema=False,
    )
    return routes


def _by_path() -> NoReturn:
    raise BadRequest("SUBJECT_BY_PATH", FORM)
