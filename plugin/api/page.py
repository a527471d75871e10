"""The web page under /autocontour/app/: one file, no script from elsewhere, everything through the REST API."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Response

PAGE = Path(__file__).with_name("page.html")
# The page loads nothing but itself and images of this API.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self'; connect-src 'self'"


def router() -> APIRouter:
    """The route of the page."""
    routes = APIRouter(prefix="/app", include_in_schema=False)

    @routes.get("/")
    def page() -> Response:
        return Response(
            PAGE.read_bytes(),
            media_type="text/html",
            headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"},
        )

    return routes
