"""Names of structures taken apart into words, and the words that the tables know: those never name people."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from model.names.naming import table
from model.names.shortening import ABBREVIATIONS, LETTERS, SIDES
from model.names.tg263 import QUALIFIERS, STRUCTURES

# What stands in front of a name without a separator: GTVleft (AAPM TG-263, section 7).
_PREFIXES = ("igtv", "gtv", "ictv", "ctv", "itv", "ptv", "prv", "oar", "roi")
_RUN = re.compile(r"[^\W_]+")
# heartLeft, Heart2, 2Heart and PTVHeart: two words each.
_WORD = re.compile(r"[A-ZÀ-Þ]+(?=[A-ZÀ-Þ][a-zß-ÿ])|[A-ZÀ-Þ]?[a-zß-ÿ]+|[^\W\d_a-zß-ÿ]+|\d+")


def folded(text: str) -> str:
    """Letters and digits alone, small, without accents: the same for two spellings of one name."""
    plain = unicodedata.normalize("NFKD", text.translate(LETTERS)).casefold()
    return "".join(character for character in plain if character.isalnum())


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a name in their order, folded.

    It is split at what is not a letter or digit, at capitals and at digits.
    """
    words = (folded(part) for run in _RUN.findall(text) for part in _WORD.findall(run))
    return tuple(word for word in words if word)


def runs_of(text: str) -> dict[str, tuple[str, ...]]:
    """Each word of a name and each run of neighbouring words written together, with its words.

    ``Jo_Doe_2`` holds ``jodoe``; ``GTVdoe`` holds ``doe``.
    """
    words = words_of(text)
    found: dict[str, tuple[str, ...]] = {}
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            found["".join(words[start:end])] = words[start:end]
    for whole in map(folded, _RUN.findall(text)):
        found.setdefault(whole, (whole,))
    for run in tuple(found):
        for prefix in _PREFIXES:
            if run.startswith(prefix) and len(run) > len(prefix):
                found.setdefault(run.removeprefix(prefix), (run.removeprefix(prefix),))
    return found


def is_known(name: str, announced: Iterable[str] = ()) -> bool:
    """Whether a table, or the model (``announced``), has a structure of this name, in whatever spelling."""
    text = folded(name)
    return text in _known() or any(text == folded(one) for one in announced)


@cache
def vocabulary() -> frozenset[str]:
    """Return the words of all names and labels that the tables and TG-263 hold."""
    return frozenset(_vocabulary())


@cache
def _known() -> frozenset[str]:
    tables = (text for entry in table().values() for text in (entry.label, entry.name, entry.full))
    return frozenset(map(folded, (*tables, *STRUCTURES)))


def _vocabulary() -> Iterator[str]:
    for entry in table().values():
        for text in (entry.label, entry.name, entry.full):
            yield from words_of(text)
    for name in (*STRUCTURES, *QUALIFIERS):
        yield from words_of(name)
        yield from map(folded, _RUN.findall(name))
    yield from SIDES
    for word, short in ABBREVIATIONS.items():
        yield from (word, folded(short))
