"""Methods that an address does not take, where FastAPI by itself would name too few others, or take it for another."""

from __future__ import annotations

from typing import NoReturn

from fastapi import APIRouter
from starlette.exceptions import HTTPException


def refuse_methods(routes: APIRouter, path: str, *methods: str, allow: str) -> None:
    """Answer these methods of an address with 405; ``allow`` names those that it takes."""

    def refuse() -> NoReturn:
        raise HTTPException(405, headers={"Allow": allow})

    routes.add_api_route(path, refuse, methods=list(methods), response_model=None, include_in_schema=False)
