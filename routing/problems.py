"""What is wrong with a configuration, as data: where, what was found, what is allowed, and the nearest right word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: ``path`` of the key from the top of the section, what was found, what is allowed."""

    path: str
    found: str
    allowed: str
    nearest: str | None = None

    @property
    def sentence(self) -> str:
        """What was found and what is allowed, without the path."""
        meant = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return f"found {self.found}; allowed: {self.allowed}{meant}"

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}"


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the word that was probably meant, without regard to case, or None."""
    by_fold = {candidate.casefold(): candidate for candidate in words}
    begun = [candidate for candidate in by_fold if _begins(candidate, word.casefold())]
    if len(begun) == 1:
        return by_fold[begun[0]]
    close = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.7)
    return by_fold[close[0]] if close else None


def _begins(one: str, other: str) -> bool:
    """Whether one is the other cut short (``Min`` and ``Minimum``)."""
    return min(len(one), len(other)) >= 3 and (one.startswith(other) or other.startswith(one))


# Up to the last @ before the path: a password may hold one that nobody wrote as %40.
_USER_OF_ADDRESS = re.compile(r"://[^/\s]*@")


def shown(value: Any) -> str:
    """Return a configured value as a message shows it: shortened, and without the password of an address."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(_USER_OF_ADDRESS.sub("://…@", value)) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def one_of(words: Iterable[str]) -> str:
    """Words as a message lists them."""
    return ", ".join(words)


_ALLOWED = {
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "missing": "a value; this key is required",
    "string_too_short": "text that is not empty",
    "too_short": "a list that is not empty",
}


def problems_of(error: ValidationError, path: str, keys_at: Any) -> list[Problem]:
    """Turn pydantic's errors into problems; ``keys_at(location)`` gives the keys allowed beside a wrong one."""
    found = []
    for one in error.errors(include_url=False):
        where = path + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in one["loc"])
        if one["type"] == "extra_forbidden":
            keys = list(keys_at(one["loc"][:-1]))
            word = str(one["loc"][-1])
            found.append(Problem(where, f"the unknown key {word!r}", one_of(keys), nearest(word, keys)))
        elif one["type"] in ("literal_error", "enum"):
            words = str(one.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ")
            value = one["input"]
            guess = nearest(value, words.split(", ")) if isinstance(value, str) else None
            found.append(Problem(where, shown(value), words, guess))
        else:
            what = "nothing" if one["type"] == "missing" else shown(one["input"])
            found.append(Problem(where, what, _ALLOWED.get(one["type"], one["msg"])))
    return found
