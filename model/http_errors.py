"""What the HTTP applications of gateway and service do with an exception that nobody foresaw."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class LastResort:
    """Whatever escapes becomes a 500 without a traceback; plain ASGI, so that streams stay streams.

    ``told`` logs the exception, by kind and place, and gives the body of the answer. Nothing is raised on: the server
    would write the exception's text, which may quote a header, to its log.
    """

    def __init__(self, app: ASGIApp, told: Callable[[Exception], Mapping[str, str]]) -> None:
        self._app = app
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - the answer to the outside must never hold a traceback
            body = self._told(error)
            if scope["type"] == "http" and not started:
                await JSONResponse(dict(body), status_code=500)(scope, receive, send)
