"""Regular expressions that a site may write: bounded in time, and refused at start where they could search for ever.

They are read by Python's own parser, whose manual a site has at hand, and searched by the regex package, because only
that can be given a time limit: one pattern on one long text must not hold every other series.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from re import _constants as ops  # type: ignore[attr-defined,unused-ignore]
from re import _parser as parser  # type: ignore[attr-defined,unused-ignore]
from typing import Any

import regex  # type: ignore[import-untyped]

_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT)


# A search of an attribute takes microseconds; whatever takes longer than this never ends.
SEARCH_SECONDS = 0.1
# Watching the clock takes 6 µs. Two repeats at most on as much text as VR LO may hold end without it, in 64³ steps.
SHORT = 64


class TooSlow(Exception):
    """A search did not end in time."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled regular expression."""

    compiled: Any
    simple: bool

    def found_in(self, text: str) -> bool:
        """Whether the expression is found anywhere; raises TooSlow."""
        if self.simple and len(text) <= SHORT:
            return self.compiled.search(text) is not None
        try:
            return self.compiled.search(text, timeout=SEARCH_SECONDS) is not None
        except TimeoutError:
            raise TooSlow from None


def compile_pattern(text: Any) -> Pattern:
    """Compile a regular expression; raises ValueError for one that is wrong or that could take exponential time."""
    if not isinstance(text, str) or not text:
        raise ValueError("a regular expression as text")
    try:
        parsed = parser.parse(text)
        compiled = regex.compile(text)
    except (re.error, regex.error, RecursionError, OverflowError) as error:
        raise ValueError(f"a valid regular expression ({error})") from None
    if _explodes(parsed, inside=False):
        raise ValueError(
            "a regular expression without an unlimited repeat of something that repeats or branches, "
            'such as "(a+)*" or "(a|b)*": it can take for ever'
        )
    return Pattern(compiled, _repeats(parsed) <= 2)


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


def _repeats(part: Any) -> int:
    """How many repeats of no fixed number the expression has, a repeated one counted each time."""
    if isinstance(part, tuple) and part and part[0] in _REPEATS:
        low, high, body = part[1]
        return _repeats(body) * (int(low) if low == high else 1) + int(low != high)
    if isinstance(part, parser.SubPattern):
        return sum(_repeats(one) for one in part.data)
    if isinstance(part, list | tuple):
        return sum(_repeats(one) for one in part)
    return 0
