"""Routes that say what happens now: once, or again whenever it changes.

Orthanc hands an answer on only when it is whole, so each answer of server-sent events is finite, and is held until
there is something new; a browser's EventSource comes again by itself.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from plugin.gateway.api.responses import Responses, errors
from plugin.gateway.api.schemas.now import NowAnswer
from plugin.gateway.operations.moments import Moment, Moments

# Milliseconds until a browser comes again: as usual, while something runs, and where too many wait already.
AGAIN, AGAIN_SOON, AGAIN_LATER = 2000, 1000, 10_000
LONGEST = 100
ETAG = {"ETag": {"description": "For `If-None-Match`.", "schema": {"type": "string"}}}
UNCHANGED: Responses = {304: {"description": "Nothing has changed since the answer with that ETag."}}
# The fields of the one event, as a client reads them.
EVENT = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "const": "now"},
        "id": {"type": "string", "description": "Which state of affairs it is."},
        "retry": {"type": "integer", "description": "Milliseconds until to come again."},
        "data": {"type": "string", "description": "The answer of `/now`; absent when nothing changed."},
    },
    "required": ["id", "retry"],
}
EVENTS: Responses = {
    200: {"description": "One event, or none when nothing changed", "content": {"text/event-stream": {"schema": EVENT}}}
}
KNOWN = "The `id` of the last event: the answer is held until there is another, for some seconds."


def router(moments: Moments) -> APIRouter:
    """Routes /now and /events."""
    routes = APIRouter(tags=["gateway"])

    @routes.get(
        "/now",
        summary="What happens now, in one bounded answer",
        response_model=NowAnswer,
        responses={200: {"headers": ETAG}, **UNCHANGED, **errors()},
    )
    def get_now(
        if_none_match: Annotated[str | None, Header(alias="If-None-Match", max_length=10 * LONGEST)] = None,
    ) -> Response:
        moment = moments.present()
        headers = {"ETag": f'"{moment.tag}"'}
        if moment.tag in _tags(if_none_match):
            return Response(status_code=304, headers=headers)
        return Response(moment.body, media_type="application/json", headers=headers)

    @routes.get(
        "/events",
        summary="The same as server-sent events, each answer one event",
        description="`data` is the answer of `/now`. Come again after `retry` milliseconds, with the last `id`.",
        response_class=Response,
        responses=EVENTS | errors(),
    )
    def get_events(
        last: Annotated[str | None, Header(alias="Last-Event-ID", max_length=LONGEST, description=KNOWN)] = None,
        query: Annotated[str | None, Query(alias="LastEventID", max_length=LONGEST, description=KNOWN)] = None,
    ) -> Response:
        known = last or query
        if not known:
            moment = moments.present()
            return _event(moment.tag, _again(moment), moment.body)
        moment, waited = moments.after(known)
        again = _again(moment) if waited else AGAIN_LATER
        return _event(moment.tag, again, None if moment.tag == known else moment.body)

    return routes


def _again(moment: Moment) -> int:
    return AGAIN_SOON if moment.busy else AGAIN


def _event(tag: str, again: int, body: bytes | None) -> Response:
    # Without data a browser keeps the id and tells the page nothing.
    data = b": nothing new\n" if body is None else b"event: now\ndata: " + body + b"\n"
    return Response(f"retry: {again}\nid: {tag}\n".encode() + data + b"\n", media_type="text/event-stream")


def _tags(header: str | None) -> set[str]:
    """Return the tags of If-None-Match, weak ones too: a proxy that compresses makes weak ones of ours."""
    return {one.strip().removeprefix("W/").strip('"') for one in (header or "").split(",")}
