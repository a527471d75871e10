"""Regular expressions that a site may write: those that could search for ever are refused."""

from __future__ import annotations

import re
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT)


def compile_pattern(text: Any) -> re.Pattern[str]:
    """Compile a regular expression; raises ValueError for one that is wrong or that could take exponential time."""
    if not isinstance(text, str) or not text:
        raise ValueError("a regular expression as text")
    try:
        parsed = parser.parse(text)
        compiled = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"a valid regular expression ({error})") from None
    if _explodes(parsed, inside=False):
        raise ValueError(
            "a regular expression without an unlimited repeat of something that repeats or branches, "
            'such as "(a+)*" or "(a|b)*": it can take for ever'
        )
    return compiled


def _explodes(part: Any, inside: bool) -> bool:
    """Whether a repeat without end holds another repeat or an alternative, at any depth."""
    if isinstance(part, parser.SubPattern):
        return any(_explodes(one, inside) for one in part.data)
    if isinstance(part, tuple) and part and part[0] in _REPEATS:
        low, high, body = part[1]
        unlimited = high is ops.MAXREPEAT or high > 16
        if inside and low != high:
            return True
        return _explodes(body, inside or unlimited)
    if isinstance(part, tuple) and part and part[0] is ops.BRANCH and inside:
        return True
    if isinstance(part, list | tuple):
        return any(_explodes(one, inside) for one in part)
    return False
