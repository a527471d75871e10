"""Query parameters at the HTTP applications of gateway and service: what an address does not declare is refused.

FastAPI by itself leaves it unread, so that whoever mistypes a filter would be answered as if there were none.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from model.problems import nearest

# A longer name is not shown, and nothing that it may have meant is looked for.
LONGEST = 40


async def declared_only(request: Request) -> None:
    """Refuse parameters that the route does not declare, and those given twice that it takes once.

    A dependency of whole routers. What is not in openapi.json is left out: it refuses whatever it is asked, in its
    own words. Raises RequestValidationError, which holds names of parameters and no value.
    """
    route = request.scope["route"]
    assert isinstance(route, APIRoute), "only those have dependencies"
    if not route.include_in_schema:
        return
    taken = dict(_declared(route.dependant))
    # Orthanc makes a nameless and empty one of an "&" at the end.
    given = [name for name, text in request.query_params.multi_items() if name or text]
    unknown = [_unknown(name, taken) for name in dict.fromkeys(given) if name not in taken]
    repeated = [
        {"type": "parameter_repeated", "loc": ("query", name), "msg": "is given more than once, and taken once"}
        for name, several in taken.items()
        if given.count(name) > 1 and not several
    ]
    if unknown:
        names = f"takes {', '.join(sorted(taken))}" if taken else "takes no parameters"
        raise RequestValidationError(
            [*unknown, *repeated, {"type": "parameters_taken", "loc": (), "msg": f"this address {names}"}]
        )
    if repeated:
        raise RequestValidationError(repeated)


def _unknown(name: str, taken: dict[str, bool]) -> dict[str, Any]:
    meant = nearest(name, taken) if len(name) <= LONGEST else None
    hint = f" (did you mean {meant!r}?)" if meant else ""
    return {"type": "parameter_unknown", "loc": ("query", name), "msg": f"is not known here{hint}"}


def _declared(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Name each parameter, and whether it is taken several times."""
    for field in dependant.query_params:
        yield field.alias, _is_list(field.field_info.annotation)
    for other in dependant.dependencies:
        yield from _declared(other)


def _is_list(annotation: Any) -> bool:
    kind = get_origin(annotation)
    if kind in (Annotated, Union, UnionType):
        return any(_is_list(part) for part in get_args(annotation))
    return (kind or annotation) in (list, set, tuple, frozenset)
