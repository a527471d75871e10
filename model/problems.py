"""What is wrong with a document that somebody else wrote, as sentences that never repeat a value of it.

A value may be a token in the wrong place, or a patient's name. Rules of routing are the hospital's own text, and
routing.problems shows what it found there; docs/decisions says why there are two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")
_SENTENCES = {
    "missing": "is required",
    "tuple_type": "should be a list",
    "list_type": "should be a list",
    "dict_type": "should be an object",
    "model_type": "should be an object",
    "model_attributes_type": "should be an object",
    "json_invalid": "is not JSON",
}
# How many are named: the rest is seen when these are mended.
SHOWN = 8


@dataclass(frozen=True, slots=True)
class DocumentProblem:
    """One thing wrong: ``path`` of the key from the top of the document, and what is right there."""

    path: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


def problems_of(
    error: ValidationError, document: type[BaseModel], sentences: Mapping[str, str] | None = None
) -> list[DocumentProblem]:
    """Turn what pydantic found in a document into problems.

    Args:
        error: What its validation raised.
        document: The model of the whole document, from which the keys come that an unknown one may have meant.
        sentences: What a text must look like, by the last key of its place; ``[key]`` for keys of a mapping.
    """
    found = []
    for one in error.errors(include_url=False, include_input=False):
        steps = [step for step in one["loc"] if step != "[key]"]
        path = ".".join(str(step) for step in steps)
        if one["type"] == "extra_forbidden":
            meant = nearest(str(steps[-1]), keys_at(document, steps[:-1]))
            hint = f"; did you mean {meant!r}?" if meant else ""
            found.append(DocumentProblem(path, f"is not a key of this document{hint}"))
        else:
            found.append(DocumentProblem(path, _sentence(one, sentences or {})))
    return found


def in_one_sentence(problems: Sequence[DocumentProblem]) -> str:
    """Join problems, the first of them, and how many more there are."""
    more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return "; ".join(str(one) for one in problems[:SHOWN]) + more


def request_problems(errors: Iterable[Any]) -> str:
    """Say what is wrong with an HTTP request, in places and kinds: keys that a sender made up are not repeated."""
    problems = [DocumentProblem(".".join(map(_step, one["loc"])), _sentence(one, {})) for one in errors]
    return in_one_sentence(problems)


def keys_at(document: type[BaseModel], steps: Sequence[str | int]) -> frozenset[str]:
    """List the keys that a place of a document may have, by the model that describes it."""
    kinds = {document}
    for step in steps:
        fields = [kind.model_fields[step] for kind in kinds if isinstance(step, str) and step in kind.model_fields]
        # A step that names no field is a name or number of its own, within a mapping or a list: the model stays.
        kinds = {kind for field in fields for kind in _models_in(field.annotation)} if fields else kinds
    return frozenset(name for kind in kinds for name in kind.model_fields)


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Find the word that was probably meant, without regard to case."""
    by_fold = {candidate.casefold(): candidate for candidate in words}
    begun = [candidate for candidate in by_fold if _begins(candidate, word.casefold())]
    close = begun if len(begun) == 1 else get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.7)
    return by_fold[close[0]] if close else None


def _begins(one: str, other: str) -> bool:
    """Whether one is the other cut short (``Min`` and ``Minimum``)."""
    return min(len(one), len(other)) >= 3 and (one.startswith(other) or other.startswith(one))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _sentence(error: ErrorDetails, sentences: Mapping[str, str]) -> str:
    if error["type"] in ("string_pattern_mismatch", "string_type"):
        named = next((str(step) for step in reversed(error["loc"]) if str(step) in sentences), None)
        if named is not None:
            return sentences[named]
    if error["type"] == "union_tag_invalid":  # its text repeats the value
        return "is of no known kind"
    return _SENTENCES.get(error["type"]) or error["msg"].replace("Input should", "should")


def _step(step: object) -> str:
    return str(step) if isinstance(step, int) or _KEY.fullmatch(str(step)) else "…"
