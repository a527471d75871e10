"""What openapi.json says of answers beside the usual one: errors, and what is no JSON."""

from __future__ import annotations

from typing import Any

from plugin.gateway.api.schemas.base import Answer
from plugin.gateway.api.schemas.errors import ErrorAnswer, UnavailableAnswer

Responses = dict[int | str, dict[str, Any]]

# What every operation may answer; the others are named where they can come.
ALWAYS = (400, 403, 405, 413, 422, 500, 503)
DESCRIPTIONS = {
    400: "Something in the request is not of the form that it must have; nothing was done.",
    403: "The host is not known here, or a page from elsewhere asks.",
    404: "It does not exist.",
    405: "The address does not take this method; Orthanc passes on `Allow` and leaves the body out.",
    409: "The state of the job forbids it.",
    413: "The body is larger than 4 MB.",
    422: "It was understood and is refused; `Error` says why.",
    500: "Something unexpected; `Message` says its kind and place, without any value.",
    503: "The gateway cannot work now, or too many ask; `Message` says why.",
}
HEADERS = {
    405: {"Allow": {"description": "The methods that the address takes.", "schema": {"type": "string"}}},
    503: {"Retry-After": {"description": "In how many seconds to ask again.", "schema": {"type": "integer"}}},
}
TEXT = {"schema": {"type": "string"}}
FILE = {"schema": {"type": "string", "format": "binary"}}


def errors(*more: int, unavailable: type[Answer] = UnavailableAnswer) -> Responses:
    """Return the errors of a route: those that every route may give, and ``more``.

    ``unavailable`` is the body of its 503, where that says more than usual.
    """
    return {status: _error(status, unavailable) for status in sorted({*ALWAYS, *more})}


def content(media_type: str, description: str, *, text: bool = False) -> Responses:
    """Return a success that is, or may also be, of this media type."""
    return {200: {"description": description, "content": {media_type: TEXT if text else FILE}}}


def _error(status: int, unavailable: type[Answer]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "model": unavailable if status == 503 else ErrorAnswer,
        "description": DESCRIPTIONS[status],
    }
    return answer | ({"headers": HEADERS[status]} if status in HEADERS else {})
