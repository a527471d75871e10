"""What every request passes before a route sees it: the host's name, the page it comes from, its size.

It holds too what every answer carries, so that a browser does with it what it is meant for and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plugin.gateway.api.hosts import SAFE_METHODS, Hosts, from_own_page

MAXIMUM_BODY = 4 * 1024 * 1024
# Reading these leaves a record that somebody asked, so a page elsewhere must not do it either.
RECORDED = re.compile(r"/autocontour/subjects(/.*)?")
# The page brings a policy of its own; nothing else is meant to be shown as a page.
# Not "no-referrer": under it some browsers send our own page's requests with "Origin: null".
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Door:
    """ASGI middleware: 403 for a foreign host or page, 413 for a body above 4 MB; a last slash means nothing."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Where several Orthancs ask one gateway, each says for itself whether it asks for passwords.
        told = scope.get("state", {}).get("passwords", False)
        refused = _foreign(scope, self._hosts.behind_passwords() if told else self._hosts) or _too_large(
            Headers(scope=scope)
        )
        if refused is not None:
            await refused(scope, receive, _marked(send))
            return
        path = scope["path"].rstrip("/") or "/"
        await self._app({**scope, "path": path}, receive, _marked(send))


def error(status: int, code: str, message: str) -> JSONResponse:
    """Return an answer in the shape of every error."""
    return JSONResponse({"Error": code, "Message": message}, status_code=status)


def too_large() -> JSONResponse:
    """Return the answer to a body that nobody reads to its end."""
    return error(413, "TOO_LARGE", "The body is larger than the 4 MB that are taken here.")


def _foreign(scope: Scope, hosts: Hosts) -> JSONResponse | None:
    headers = Headers(scope=scope)
    named = headers.getlist("host")
    if len(named) > 1 or not all(hosts.answer_to(one) for one in named):
        return error(
            403,
            "FOREIGN_HOST",
            "This address is not known here: open it by localhost, or let the administrator name it in "
            "AutoContour.AllowedHosts of orthanc.json.",
        )
    if scope["method"] in SAFE_METHODS and not RECORDED.fullmatch(scope["path"]):
        return None
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    own = (
        len(origins) < 2
        and len(sites) < 2
        and from_own_page(named[0] if named else "", next(iter(origins), None), next(iter(sites), None), hosts)
    )
    if own:
        return None
    return error(
        403,
        "FOREIGN_PAGE",
        "A page from another address asked for this, so nothing was done. Behind a proxy that changes the Host header, "
        "let it pass the Host on, or name the proxy's address in AutoContour.AllowedHosts.",
    )


def _too_large(headers: Headers) -> JSONResponse | None:
    text = headers.get("content-length", "0")
    return too_large() if text.isascii() and text.isdigit() and int(text) > MAXIMUM_BODY else None


def _marked(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
