"""The web page under /autocontour/app/: the built files of plugin/gateway/page, nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Response

from plugin.gateway.api.answers import NotFound

ASSETS = Path(__file__).resolve().parents[1] / "assets"
MEDIA_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
# The page loads nothing but these files and what this Orthanc answers, and no other page may show it in a frame.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The name of each file but these two holds a hash of its content.
START, PAGE = "start.js", "index.html"
FOR_GOOD = "private, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


def router(prefix: str) -> APIRouter:
    """Return the addresses of the page: it is served at each, for a redirect would have to name a host or a depth."""
    routes = APIRouter(prefix=prefix, include_in_schema=False)

    @routes.get("")
    @routes.get("/app")
    def page() -> Response:
        return _file(PAGE)

    @routes.get("/app/assets/{name}")
    def asset(name: str) -> Response:
        if name == PAGE:
            raise NotFound("NOT_FOUND", "There is no such file of the page.")
        return _file(name)

    # Where the page asks for its script from an address with one part more or less than it has (index.html says why).
    @routes.get("/assets/start.js")
    @routes.get("/autocontour/app/assets/start.js")
    @routes.get("/app/app/assets/start.js")
    @routes.get("/app/autocontour/app/assets/start.js")
    def nothing() -> Response:
        return Response(b"", media_type="text/javascript", headers={"Cache-Control": FOR_GOOD})

    return routes


def _file(name: str) -> Response:
    """One of the built files. Raises NotFound."""
    path = ASSETS / name
    # Only what lies in the folder itself: a name with a slash or two dots is none of its names.
    if name not in {one.name for one in ASSETS.iterdir()}:
        raise NotFound("NOT_FOUND", "There is no such file of the page; load the page again, it may be an older one.")
    headers = {"Cache-Control": ASK_AGAIN if name in (START, PAGE) else FOR_GOOD}
    if name == PAGE:
        headers["Content-Security-Policy"] = POLICY
    return Response(path.read_bytes(), media_type=MEDIA_TYPES[path.suffix], headers=headers)
