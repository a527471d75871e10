"""Stands before every route: who asks, and how much may be sent; nobody unknown gets a byte read."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model.service.answers import Refusal, answer
from model.service.sites import Sites

OPEN_PATHS = frozenset({"/health", "/metrics", "/openapi.json", "/v1/key"})
# The announcement of 5,000 files takes 1 MB.
MAXIMUM_DOCUMENT = 4 * 1024 * 1024


class Doorkeeper:
    """ASGI middleware: puts the site into the request's state, or answers 401; bounds bodies that are no instances."""

    def __init__(self, app: ASGIApp, sites: Sites) -> None:
        self._app = app
        self._sites = sites

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
                receive = _bounded(receive, _length(headers))
            await self._app(scope, receive, send)
        except Refusal as refusal:
            await answer(refusal)(scope, receive, send)


def _length(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    length = int(text) if text.isascii() and text.isdigit() else 0
    if length > MAXIMUM_DOCUMENT:
        raise _too_large()
    return length


def _bounded(receive: Receive, _declared: int) -> Receive:
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAXIMUM_DOCUMENT:
            raise _too_large()
        return message

    return receiving


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
