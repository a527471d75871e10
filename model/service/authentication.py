"""Stands before every route: who asks, how much may be sent, and how slowly; nobody unknown gets a byte read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model.service.answers import Refusal, answer
from model.service.crowd import Crowd, group_of
from model.service.replica import HEADER, OwnReplica
from model.service.settings import Site
from model.service.sites import Sites
from model.service.throttle import Throttle

OPEN_PATHS = frozenset({"/health", "/ready", "/metrics", "/openapi.json", "/v1/key"})
# The announcement of 5,000 files takes 1 MB.
MAXIMUM_DOCUMENT = 4 * 1024 * 1024
# For a whole document to arrive, and for a piece of an answer to be taken.
DOCUMENT_SECONDS = 60.0
# So many requests without a valid token from one address, and refused announcements of one site, at once; then so
# many a second.
WRONG_TOKENS, REFUSED_ANNOUNCEMENTS = (20.0, 1.0), (30.0, 1.0)
# Who tries a token after the other waits for each answer.
SLOWED_SECONDS = 1.0
ANNOUNCEMENTS = "/v1/transfers"
REFUSED = frozenset({400, 409, 413, 415, 422})


class AuthAndLimits:
    """ASGI middleware: puts the site into the request's state, or answers 401; bounds bodies that are not instances."""

    def __init__(
        self,
        app: ASGIApp,
        sites: Sites,
        seconds: float = DOCUMENT_SECONDS,
        crowd: Crowd | None = None,
        replica: OwnReplica | None = None,
    ) -> None:
        self._app = app
        self._sites = sites
        self._seconds = seconds
        self._crowd = crowd
        self._replica = replica
        self._wrong_tokens = Throttle(*WRONG_TOKENS)
        self._announcements = Throttle(*REFUSED_ANNOUNCEMENTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            if scope["path"] not in OPEN_PATHS:
                name, site = await self._recognise(headers, scope)
                scope.setdefault("state", {})
                scope["state"]["site"], scope["state"]["limits"] = name, site
                if self._replica is not None and scope["path"].startswith(ANNOUNCEMENTS):
                    self._replica.require_named(headers.get(HEADER))
                if scope["method"] == "POST" and scope["path"] == ANNOUNCEMENTS:
                    send = self._announcing(name, send)
            if "/instances" not in scope["path"]:
                _require_small(headers)
                receive = _bounded(receive, self._seconds)
            await self._app(scope, receive, _taken(send, self._seconds))
        except Refusal as refusal:
            await answer(refusal)(scope, receive, send)

    async def _recognise(self, headers: Headers, scope: Scope) -> tuple[str, Site]:
        """Return the site that asks; a valid token is never slowed, whoever else is behind its address."""
        peer = tuple(scope.get("state", {}).get("peer") or ())
        try:
            name, site = self._sites.recognise(headers.get("authorization"), _certificate_name(scope))
        except Refusal as refusal:
            if refusal.status != 401:
                raise
            who = group_of(peer) if peer else ""
            wait = self._wrong_tokens.wait(who)
            self._wrong_tokens.refused(who)
            if wait:
                await asyncio.sleep(min(wait, SLOWED_SECONDS))
                raise _too_many("Too many requests without a valid token came from this address.", wait) from None
            raise
        if self._crowd is not None and peer and not self._crowd.prove(peer, name):
            raise _too_many("The site has as many connections open as it may.", SLOWED_SECONDS)
        return name, site

    def _announcing(self, site: str, send: Send) -> Send:
        """Count a site's announcements that are refused; raises Refusal 429 when they were too many."""
        wait = self._announcements.wait(site)
        if wait:
            raise _too_many("Too many announcements of this site were refused.", wait)

        async def sending(message: Message) -> None:
            # What is only not now (408, 429, 5xx) is nobody's fault.
            if message["type"] == "http.response.start" and message["status"] in REFUSED:
                self._announcements.refused(site)
            await send(message)

        return sending


def _too_many(sentence: str, wait: float) -> Refusal:
    return Refusal(429, "TOO_MANY", f"{sentence} Ask again later.", retry_after=wait)


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
    """Return the common name of the client's certificate, which TLS has verified."""
    certificate: Mapping[str, object] | None = scope.get("state", {}).get("client_certificate")
    if not certificate:
        return None
    subject = certificate.get("subject", ())
    assert isinstance(subject, tuple)
    names = [value for part in subject for key, value in part if key == "commonName"]
    return str(names[0]) if names else None
