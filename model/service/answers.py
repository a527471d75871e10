"""How the service says no: one shape for every error, with a fitting status, and never a value of what was sent."""

from __future__ import annotations

import logging
import sqlite3
import traceback
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from model.errors import AutocontourError, PrivacyRefused
from model.http_errors import LastResort
from model.problems import request_problems

logger = logging.getLogger(__name__)


class Refusal(AutocontourError):
    """A request that is answered with an error; ``retry_after`` (seconds) says that a later one may succeed.

    ``close`` ends the connection: behind a proxy the next one may lead to another service.
    """

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: float | None = None, close: bool = False
    ) -> None:
        super().__init__(code, message, retry=retry_after is not None)
        self.status = status
        self.retry_after = retry_after
        self.close = close


class NotRecorded(Exception):
    """What happened could not be written down; a sender asks again."""


def no_records() -> Refusal:
    """Make the answer "not now": nothing is done that cannot be signed for."""
    return Refusal(
        503, "RECORDS", "The service cannot write its records; its operator must look. Ask again.", retry_after=5
    )


def draining() -> Refusal:
    """Make the answer to who begins something with a service that is being stopped."""
    return Refusal(
        503, "DRAINING", "The service is being stopped and takes no new transfers.", retry_after=1, close=True
    )


class ErrorAnswer(BaseModel):
    """Every answer that is not a success; Findings map rule identifiers to counts."""

    Error: str
    Message: str
    Findings: dict[str, int] | None = None
    Receipts: list[dict[str, Any]] | None = None


def answer(error: AutocontourError, receipts: list[dict[str, Any]] | None = None) -> JSONResponse:
    """Return the answer for one of our own errors."""
    body: dict[str, Any] = {"Error": error.code, "Message": error.message}
    headers = {}
    status = 422
    if isinstance(error, Refusal):
        status = error.status
        if error.retry_after is not None:
            headers["Retry-After"] = str(max(1, round(error.retry_after)))
        if error.close:
            headers["Connection"] = "close"
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, PrivacyRefused):
        body["Findings"] = error.findings
    if receipts is not None:
        body["Receipts"] = receipts
    return JSONResponse(body, status_code=status, headers=headers)


def install(app: FastAPI) -> None:
    """Let every error of the application answer in the one shape."""

    async def ours(_request: Request, error: Exception) -> Response:
        assert isinstance(error, AutocontourError)
        return answer(error)

    async def records(_request: Request, error: Exception) -> Response:
        logger.error("the records cannot be written (%s); is the disk full, was the chain changed?", _cause(error))
        return answer(no_records())

    async def http(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "HTTP")
        words = {404: "There is nothing here.", 405: "This route does not take this method."}
        body = {"Error": code, "Message": words.get(error.status_code, "The request cannot be served.")}
        return JSONResponse(body, status_code=error.status_code, headers=error.headers)

    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return JSONResponse({"Error": "BAD_REQUEST", "Message": request_problems(error.errors())}, status_code=400)

    app.add_exception_handler(AutocontourError, ours)
    for kind in (sqlite3.Error, NotRecorded, SQLAlchemyError):
        app.add_exception_handler(kind, records)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_middleware(LastResort, told=_told)


def _cause(error: Exception) -> str:
    return type(error.__cause__ or error).__name__


def _told(error: Exception) -> dict[str, str]:
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-4:]))
    logger.error("unexpected %s at %s", type(error).__name__, place)
    return {"Error": "INTERNAL", "Message": "Something unexpected went wrong in the service."}
