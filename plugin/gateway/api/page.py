"""The web page under /autocontour/app/: one file, no script from elsewhere, everything through the REST API."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Response

PAGE = Path(__file__).with_name("page.html")
# The page loads nothing but itself and images of this API, and no other page may show it in a frame.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def router(prefix: str) -> APIRouter:
    """Return the addresses of the page: it is served at each, for a redirect would have to name a host or a depth."""
    routes = APIRouter(prefix=prefix, include_in_schema=False)

    @routes.get("")
    @routes.get("/app")
    def page() -> Response:
        return Response(
            PAGE.read_bytes(),
            media_type="text/html",
            headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"},
        )

    return routes
