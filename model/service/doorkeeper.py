"""Stands before every route: who asks, how much may be sent, and how slowly; nobody unknown gets a byte read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model.service.answers import Refusal, answer
from model.service.sites import Sites

OPEN_PATHS = frozenset({"/health", "/metrics", "/openapi.json", "/v1/key"})
# The announcement of 5,000 files takes 1 MB.
MAXIMUM_DOCUMENT = 4 * 1024 * 1024
# For a whole document to arrive, and for a piece of an answer to be taken.
DOCUMENT_SECONDS = 60.0


class Doorkeeper:
    """ASGI middleware: puts the site into the request's state, or answers 401; bounds bodies that are no instances."""

    def __init__(self, app: ASGIApp, sites: Sites, seconds: float = DOCUMENT_SECONDS) -> None:
        self._app = app
        self._sites = sites
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            if scope["path"] not in OPEN_PATHS:
                name, site = self._sites.recognise(headers.get("authorization"), _certificate_name(scope))
                scope.setdefault("state", {})
                scope["state"]["site"], scope["state"]["limits"] = name, site
            if "/instances" not in scope["path"]:
                _require_small(headers)
                receive = _bounded(receive, self._seconds)
            await self._app(scope, receive, _taken(send, self._seconds))
        except Refusal as refusal:
            await answer(refusal)(scope, receive, send)


def _require_small(headers: Headers) -> None:
    text = headers.get("content-length", "0")
    if text.isascii() and text.isdigit() and int(text) > MAXIMUM_DOCUMENT:
        raise _too_large()


def _bounded(receive: Receive, seconds: float) -> Receive:
    taken, whole = 0, False
    ends = asyncio.get_running_loop().time() + seconds

    async def receiving() -> Message:
        nonlocal taken, whole
        if whole:
            return await receive()  # which waits for the client to leave
        try:
            async with asyncio.timeout_at(ends):
                message = await receive()
        except TimeoutError:
            raise Refusal(408, "SLOW", "The document took too long to arrive.", retry_after=1) from None
        taken += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if taken > MAXIMUM_DOCUMENT:
            raise _too_large()
        return message

    return receiving


def _taken(send: Send, seconds: float) -> Send:
    async def sending(message: Message) -> None:
        # Ends the connection of who takes nothing: the error escapes after the answer has begun.
        async with asyncio.timeout(seconds):
            await send(message)

    return sending


def _too_large() -> Refusal:
    return Refusal(413, "TOO_LARGE", "The document is larger than any that this service takes.")


def _certificate_name(scope: Scope) -> str | None:
    """The common name of the client's certificate, which TLS has verified."""
    certificate: Mapping[str, object] | None = scope.get("state", {}).get("client_certificate")
    if not certificate:
        return None
    subject = certificate.get("subject", ())
    assert isinstance(subject, tuple)
    names = [value for part in subject for key, value in part if key == "commonName"]
    return str(names[0]) if names else None
