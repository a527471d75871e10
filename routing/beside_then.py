"""Keys of ``Then`` that are understood on the rule itself as well, where a site may write them by mistake."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from routing.problems import Problem

# Keys that are understood in both places.
BESIDE_THEN = ("OnePerStudy", "Pick", "Each")


def moved_into_then(data: Any, path: str, keys: Collection[str] = BESIDE_THEN) -> tuple[Any, list[Problem]]:
    """Return a rule with such keys moved into its ``Then``; a key in both places is a problem.

    Args:
        data: The rule as the site writes it; whatever else is wrong with it stays.
        path: Of the rule, as ``Rules[0]``.
        keys: Those that are understood in both places.
    """
    then = data.get("Then") if isinstance(data, Mapping) else None
    if not isinstance(then, Mapping):
        return data, []
    beside = [key for key in keys if key in data]
    problems = [
        Problem(f"{path}.{key}", f"{key} beside Then and in it", "one of the two, in Then as a rule")
        for key in beside
        if key in then
    ]
    moved = {key: data[key] for key in beside} | dict(then)
    return {key: value for key, value in data.items() if key not in beside} | {"Then": moved}, problems
