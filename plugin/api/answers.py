"""How the API says no: one shape for every error, with a fitting status."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from model.errors import AutocontourError, PrivacyRefused
from plugin.jobs.failure import failure_of
from plugin.pacs.client import SeriesGone

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
    (BadRequest, 400),
    (PrivacyRefused, 422),
)
# Codes whose status says more than that of their kind.
CODES = {"EVIDENCE_UNKNOWN": 404, "EVIDENCE_CODE": 404, "REPORT_MONTH": 400}


def refusal(error: AutocontourError) -> JSONResponse:
    """The answer for one of our own errors."""
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
        code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "HTTP")
        body = {"Error": code, "Message": str(error.detail)}
        return JSONResponse(body, status_code=error.status_code, headers=error.headers)

    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        # Places and kinds only: the value that was sent is not repeated.
        problems = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        return JSONResponse({"Error": "BAD_REQUEST", "Message": "; ".join(problems)}, status_code=400)

    async def unexpected(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            return await call_next(request)
        except Exception as error:  # noqa: BLE001 - the answer to the outside must never hold a traceback
            failure = failure_of(error)
            return JSONResponse({"Error": failure.code, "Message": failure.message}, status_code=500)

    app.add_exception_handler(AutocontourError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.middleware("http")(unexpected)
