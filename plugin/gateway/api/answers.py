"""How the API says no: one shape for every error, with a fitting status."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from model.errors import AutocontourError, PrivacyRefused
from model.http_errors import LastResort
from model.problems import request_problems
from plugin.jobs.failure import failure_of
from plugin.jobs.refusals import RetryRefused
from plugin.pacs.client import SeriesGone
from plugin.state.postgresql import trouble_of

logger = logging.getLogger(__name__)


class NotFound(AutocontourError):
    """What was asked for does not exist."""


class Conflict(AutocontourError):
    """The state of the job forbids what was asked for."""


class BadRequest(AutocontourError):
    """The request itself is wrong."""


STATUS: tuple[tuple[type[AutocontourError], int], ...] = (
    (NotFound, 404),
    (SeriesGone, 404),
    (Conflict, 409),
    (RetryRefused, 409),
    (BadRequest, 400),
    (PrivacyRefused, 422),
)
SENTENCES = {404: "There is nothing at this address.", 405: "This address does not take this method."}
# Codes whose status says more than that of their kind.
CODES = {
    "EVIDENCE_UNKNOWN": 404,
    "EVIDENCE_CODE": 404,
    "REPORT_MONTH": 400,
    "REPORT_UNKNOWN": 404,
    "NOT_DELIVERABLE": 409,
    "CONSTANCY_NO_RUN": 409,
    "NO_DESTINATION": 400,
    "NO_VERSION": 404,
    "NOT_ASSESSED": 409,
    "ASSESSMENT_NOT_RECORDED": 409,
    "ASSESSMENT_GONE": 409,
    "COMPARISON_OURS_CHANGED": 409,
}


def refusal(error: AutocontourError) -> JSONResponse:
    """Return the answer for one of our own errors."""
    status = CODES.get(error.code) or next(
        (status for kind, status in STATUS if isinstance(error, kind)), 503 if error.retry else 422
    )
    body: dict[str, object] = {"Error": error.code, "Message": error.message}
    if isinstance(error, PrivacyRefused):
        body["Findings"] = error.findings
    return JSONResponse(body, status_code=status)


def install(app: FastAPI) -> None:
    """Let every error of the application answer in the one shape."""

    async def ours(_request: Request, error: Exception) -> Response:
        assert isinstance(error, AutocontourError)
        return refusal(error)

    async def http(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "BAD_REQUEST")
        sentence = SENTENCES.get(error.status_code, "The body is no JSON.")
        body = {"Error": code, "Message": sentence}
        return JSONResponse(body, status_code=error.status_code, headers=error.headers)

    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        # Places and kinds only: the value that was sent is not repeated.
        body = {"Error": "BAD_REQUEST", "Message": request_problems(error.errors())}
        return JSONResponse(body, status_code=400)

    async def of_database(_request: Request, error: Exception) -> Response:
        trouble = trouble_of(error)
        if trouble is None:
            raise error
        return refusal(trouble)

    app.add_exception_handler(AutocontourError, ours)
    app.add_exception_handler(SQLAlchemyError, of_database)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_middleware(LastResort, told=_told)


def _told(error: Exception) -> dict[str, str]:
    failure = failure_of(error)
    return {"Error": failure.code, "Message": failure.message}
