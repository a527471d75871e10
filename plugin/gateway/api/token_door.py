"""What stands before everything else where a gateway listens on a network: nobody without a token gets an answer.

Who has it is Orthanc's plugin, which is believed what it says of its Orthanc: these headers it writes itself, and
passes none of the kind on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger(__name__)

# For proxies and whatever starts containers: says whether it works, and nothing else.
OPEN_PATH = "/health"
# "true" where that Orthanc asks everybody for a password, so that whatever name it is asked by is answered.
PASSWORDS = "orthanc-passwords"
SAY_SECONDS = 60.0
REFUSAL = {
    "Error": "TOKEN_REFUSED",
    "Message": "The gateway answers Orthanc's plugin only, by the token in its Listen.TokenFile; name a file with the "
    "same in AutoContour.GatewayTokenFile of Orthanc's configuration.",
}


class TokenDoor:
    """ASGI middleware: 401 without a token that ``accept`` takes; ``works`` is what the open path says."""

    def __init__(self, app: ASGIApp, accept: Callable[[str], bool], works: Callable[[], bool]) -> None:
        self._app = app
        self._accept = accept
        self._works = works
        self._refused = 0
        self._said = -SAY_SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["path"] == OPEN_PATH and scope["method"] in ("GET", "HEAD"):
            works = await run_in_threadpool(self._works)
            answer = JSONResponse({"Status": "ok" if works else "unavailable"}, status_code=200 if works else 503)
            await answer(scope, receive, send)
            return
        given = headers.getlist("authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not self._accept(token.strip()):
            self._say()
            await JSONResponse(REFUSAL, 401, {"WWW-Authenticate": "Bearer"})(scope, receive, send)
            return
        told = {"passwords": headers.getlist(PASSWORDS) == ["true"]}
        await self._app({**scope, "state": {**scope.get("state", {}), **told}}, receive, send)

    def _say(self) -> None:
        """Log refusals, at most once a minute: a stranger's requests are not to fill the log."""
        self._refused += 1
        now = time.monotonic()
        if now - self._said >= SAY_SECONDS:
            logger.warning("%d request(s) without a valid token were refused (Listen.TokenFile)", self._refused)
            self._refused, self._said = 0, now
