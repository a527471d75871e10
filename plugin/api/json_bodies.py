"""Every body is JSON, whatever it says of itself: curl's ``-d`` and Orthanc's Lua say nothing, or that it is a form."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

_JSON = (b"content-type", b"application/json")


class JsonBodies:
    """ASGI middleware that lets every request be read as JSON, as Orthanc's own routes do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Replace the content type and hand on."""
        if scope["type"] == "http":
            others = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
            scope = {**scope, "headers": [*others, _JSON]}
        await self._app(scope, receive, send)
