"""Labels to names: the tables beside this file, and a made-up entry for a label that no table has."""

from __future__ import annotations

import colorsys
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from model.errors import InputRefused
from model.names.entry import BODY_STRUCTURE, Code, Entry
from model.names.shortening import ascii_text, shorten

# Names of targets and the like by their prefix, TG-263 section 7: DICOM PS3.3 C.8.8.8.1 has types for them.
TYPES_BY_PREFIX = {"PTV": "PTV", "CTV": "CTV", "GTV": "GTV", "BODY": "EXTERNAL", "EXTERNAL": "EXTERNAL"}


@cache
def table() -> dict[str, Entry]:
    """Read every table in ``model/names/tables``: label → entry; a label that two tables hold must say the same."""
    found: dict[str, Entry] = {}
    for path in sorted(files("model.names").joinpath("tables").iterdir(), key=lambda item: item.name):
        if path.name.endswith(".json"):
            for row in json.loads(path.read_text(encoding="utf-8")):
                entry = _entry(row)
                if found.setdefault(entry.label, entry) != entry:
                    raise ValueError(f"{path.name}: the label {entry.label} stands in two tables with two meanings")
    return found


def entry_for(label: str) -> Entry:
    """Entry of a label: from the tables by label, then by name without regard to case, else made up and shortened.

    Raises InputRefused when the label has no character that a name could be made of.
    """
    known = table()
    if label in known:
        return known[label]
    folded = label.strip().casefold()
    for entry in known.values():
        if folded in (entry.name.casefold(), entry.label.casefold()):
            return entry
    return made_up(label)


def made_up(label: str) -> Entry:
    """Entry for a label that no table knows: general code, colour by its text, type by its prefix."""
    name = shorten(label)
    if not name.strip("_ "):
        raise InputRefused("NAME_EMPTY", "A label has no name that could be written; give it letters or digits.")
    prefix = next((kind for start, kind in TYPES_BY_PREFIX.items() if name.upper().startswith(start)), "ORGAN")
    # External and Body are whole names, the targets are prefixes (PTV_High).
    kind = "ORGAN" if prefix == "EXTERNAL" and name.upper() not in TYPES_BY_PREFIX else prefix
    return Entry(label, name, ascii_text(label), kind, BODY_STRUCTURE, "", _colour(name), listed=False)


def entries_for(labels: Sequence[str], own: Sequence[Entry] = ()) -> tuple[Entry, ...]:
    """Entries of the structures of one file, from ``own`` by label before the tables.

    Raises InputRefused when two would get one name, ignoring case.
    """
    given = {entry.label: entry for entry in own}
    entries = tuple(given.get(label) or entry_for(label) for label in labels)
    seen: set[str] = set()
    for entry in entries:
        folded = entry.name.casefold()
        if folded in seen:
            raise InputRefused(
                "NAMES_COLLIDE",
                f'Two structures would both be named "{entry.name}" (at most 16 characters, ignoring case); '
                "give them names that differ.",
            )
        seen.add(folded)
    return entries


def _entry(row: dict[str, object]) -> Entry:
    code, colour = row["code"], row["colour"]
    assert isinstance(code, list)
    assert isinstance(colour, list)
    red, green, blue = (int(part) for part in colour)
    return Entry(
        label=str(row["label"]),
        name=str(row["name"]),
        full=str(row["full"]),
        interpreted_type=str(row["type"]),
        code=Code(*(str(part) for part in code)),
        side=str(row["side"]),
        colour=(red, green, blue),
    )


def _colour(name: str) -> tuple[int, int, int]:
    """Return a bright colour that depends on the name alone."""
    hue = hashlib.sha256(name.casefold().encode()).digest()[0] / 256
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.65, 1.0))
    return red, green, blue
