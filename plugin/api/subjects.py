"""Routes about a patient's rights: what was done, erase what we hold, object."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from plugin.gateway.gateway import Gateway


def router(gateway: Gateway) -> APIRouter:
    """Routes under /subjects; the path holds a PatientID, so nothing of it is logged or repeated in an answer."""
    routes = APIRouter(prefix="/subjects", tags=["subjects"])

    @routes.get("/{patient:path}", summary="What was done with this patient's data")
    def answer(patient: str) -> dict[str, Any]:
        return gateway.desk.subject(patient)

    @routes.post("/{patient:path}/erase", summary="Erase what is held here of this patient")
    def erase(patient: str) -> dict[str, Any]:
        swept = gateway.erase_subject(patient)
        return {"Rows": swept.rows, "Files": swept.files, "Left": swept.left, "OrthancCopies": swept.orthanc_copies}

    @routes.put("/{patient:path}/objection", summary="Never process this patient's series from now on")
    def object_to(patient: str) -> dict[str, Any]:
        return {"Objection": True, "CancelledJobs": gateway.object_to(patient)}

    @routes.delete("/{patient:path}/objection", summary="Take the objection back")
    def withdraw(patient: str) -> dict[str, Any]:
        gateway.desk.withdraw_objection(patient)
        return {"Objection": False}

    return routes
