"""Names of ROIs as a destination takes them: ASCII, short enough, unique whatever their case, the side kept."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

from model.errors import InputRefused
from model.names.entry import NAME_CHARACTERS
from model.names.naming import entry_for
from model.names.shortening import ascii_text, shorten

_SIDE = re.compile(r"_[LRB]$")


def pattern_of(text: str) -> re.Pattern[str]:
    """Compile a name in which ``*`` stands for any signs and ``?`` for one, whatever the case."""
    # The library's translation of many stars never takes long; brackets are no signs of ours.
    return re.compile(fnmatch.translate(text.replace("[", "[[]")), re.IGNORECASE)


def standard_name(name: str) -> str:
    """Return the name of a structure that the tables know, which is TG-263's where that has it; else the name."""
    try:
        entry = entry_for(name)
    except InputRefused:
        return name
    return entry.name if entry.listed else name


def fitted(names: Sequence[str], characters: int) -> list[str]:
    """Return names that fit, in the same order; those that meet in one get numbers, the first of them none.

    A name that fits already goes before one that has to be changed.
    """
    wanted = [_short(name, characters) or "ROI" for name in names]
    given: list[str | None] = [None] * len(names)
    taken: set[str] = set()
    # Stable, so that of two that are changed the first one stays without a number.
    for index in sorted(range(len(names)), key=lambda place: wanted[place] != names[place]):
        name, number = wanted[index], 1
        while name.casefold() in taken:
            number += 1
            name = _numbered(wanted[index], number, characters)
        taken.add(name.casefold())
        given[index] = name
    return [name for name in given if name is not None]


def _short(name: str, characters: int) -> str:
    plain = ascii_text(name)
    if len(plain) <= characters:
        return plain
    return shorten(name) if characters == NAME_CHARACTERS else plain[:characters].strip()


def _numbered(name: str, number: int, characters: int) -> str:
    """Put a number behind a name, before its side: ``Lung_Upper_2_L``."""
    side = found[0] if (found := _SIDE.search(name)) else ""
    end = f"_{number}{side}"
    return name.removesuffix(side)[: characters - len(end)].rstrip("_ ") + end
