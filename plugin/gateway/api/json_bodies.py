"""Every body is JSON, whatever it says of itself: curl's ``-d`` and Orthanc's Lua say nothing, or that it is a form."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plugin.gateway.api.door import MAXIMUM_BODY, error, too_large

_JSON = (b"content-type", b"application/json")


class JsonBodies:
    """ASGI middleware that lets every request be read as JSON, as Orthanc's own routes do.

    A body is read whole here, up to 4 MB; one that says the same key twice, or holds what no answer can carry (half a
    surrogate pair, a number without bounds), is refused with 400.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Replace the content type and hand on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await _whole(receive)
        except _Gone:
            return
        except _Long:
            await too_large()(scope, receive, send)
            return
        if problem := _problem(body):
            await error(400, "BAD_REQUEST", problem)(scope, receive, send)
            return
        others = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
        await self._app({**scope, "headers": [*others, _JSON]}, _again(body, receive), send)


class _Gone(Exception):
    """The client left before its body had arrived."""


class _Long(Exception):
    """The body goes on beyond what is taken."""


async def _whole(receive: Receive) -> bytes:
    pieces, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        piece = message.get("body", b"")
        size += len(piece)
        if size > MAXIMUM_BODY:
            raise _Long
        pieces.append(piece)
        more = bool(message.get("more_body", False))
    return b"".join(pieces)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def receiving() -> Message:
        nonlocal given
        if given:
            return await receive()  # which waits for the client to leave
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving


class _Twice(ValueError):
    """A key stands twice in one object."""


def _problem(body: bytes) -> str | None:
    """Why a body of JSON cannot be taken; what is no JSON at all is left to the route, which may want none."""
    try:
        value = json.loads(body, object_pairs_hook=_once)
    except _Twice:
        return "The body says one key twice."
    except (ValueError, RecursionError):
        return None
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return "The body holds an invalid number or character."
    return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Twice
    return made
