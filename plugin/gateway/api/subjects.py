"""Routes about a patient's rights: what was done, erase what we hold, object, take it back, take it along.

The PatientID comes in a body: on its way through Orthanc an address is decoded and normalised (``A%5CB`` arrives as
``A/B``, ``G%2F`` as ``G``), and what holds for a patient must not hold for another. Nothing of it is logged.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, NoReturn

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from plugin.evidence.subjects import canonical_id
from plugin.gateway.api.answers import BadRequest, described
from plugin.gateway.api.identifiers import PLAIN_ID
from plugin.gateway.gateway import Gateway

DEEDS = ("find", "erase", "objection", "withdraw", "export")
FORM = (
    "The rights of a patient are asked for with the PatientID in the body: POST /autocontour/subjects/find, erase, "
    'objection, withdraw or export with {"PatientID": "…"}; an address would be changed on its way through Orthanc.'
)


def _somebody(text: str) -> str:
    if not canonical_id(text):
        raise ValueError("no patient has a blank one")
    return text


class Subject(BaseModel):
    """Whose data: the PatientID as the images have it; spaces at its ends have no meaning, small letters have."""

    model_config = ConfigDict(extra="forbid", strict=True)

    patient_id: Annotated[str, Field(alias="PatientID", max_length=1024), AfterValidator(_somebody)]


def router(gateway: Gateway) -> APIRouter:
    """Routes under /subjects."""
    routes = APIRouter(prefix="/subjects", tags=["subjects"], responses=described())

    @routes.post("/find", summary="What was done with this patient's data")
    def find(subject: Subject) -> dict[str, Any]:
        return gateway.rights.find(subject.patient_id)

    @routes.post("/erase", summary="Erase what is held here of this patient", responses=described(422, 503))
    def erase(subject: Subject) -> dict[str, Any]:
        return gateway.rights.erase(subject.patient_id)

    @routes.post("/objection", summary="Never process this patient's series from now on")
    def object_to(subject: Subject) -> dict[str, Any]:
        return gateway.rights.object_to(subject.patient_id)

    @routes.post("/withdraw", summary="Take the objection back")
    def withdraw(subject: Subject) -> dict[str, Any]:
        return gateway.rights.withdraw(subject.patient_id)

    @routes.post("/export", summary="All that is held of this patient, to take along")
    def export(subject: Subject) -> Response:
        headers = {"Content-Disposition": 'attachment; filename="autocontour-export.json"'}
        return JSONResponse(gateway.rights.export(subject.patient_id), headers=headers)

    # Told apart from patients of these names, so that a deed asked for in a wrong way is no answer about somebody.
    for deed in DEEDS:
        routes.add_api_route(
            f"/{deed}", _only_posted, methods=["GET", "PUT", "DELETE"], response_model=None, include_in_schema=False
        )

    @routes.get("/{PatientID}", summary="The same as find, for plain ids; the answer repeats the id that arrived")
    def answer(
        patient_id: Annotated[str, Path(alias="PatientID", json_schema_extra={"pattern": PLAIN_ID})],
    ) -> dict[str, Any]:
        if re.fullmatch(PLAIN_ID, patient_id) is None:
            raise BadRequest("SUBJECT_BY_PATH", FORM)
        return {"PatientID": patient_id} | gateway.rights.find(patient_id)

    routes.add_api_route(
        "/{rest:path}",
        _by_path,
        methods=["GET", "POST", "PUT", "DELETE"],
        response_model=None,
        include_in_schema=False,
    )
    return routes


def _only_posted() -> NoReturn:
    raise HTTPException(405, headers={"Allow": "POST"})


def _by_path() -> NoReturn:
    raise BadRequest("SUBJECT_BY_PATH", FORM)
