"""Routes for a supporter's file: what it would hold, and the record that it was made."""

from __future__ import annotations

from fastapi import APIRouter

from plugin.gateway.api.responses import errors
from plugin.gateway.api.schemas.support import SupportAnswer, SupportFile, SupportRecorded, SupportRequest
from plugin.gateway.operations.support import Support


def router(support: Support) -> APIRouter:
    """Routes under /support."""
    routes = APIRouter(prefix="/support", tags=["gateway"], responses=errors())

    @routes.get("", summary="What a supporter would be given; nothing of a patient")
    def get_support() -> SupportAnswer:
        return SupportAnswer(files=[SupportFile(name=name, text=text) for name, text in support.files().items()])

    @routes.post("/issued", summary="Record that a file was made for a supporter")
    def record_support(made: SupportRequest) -> SupportRecorded:
        return SupportRecorded(record=support.record(made.digest, made.files))

    return routes
