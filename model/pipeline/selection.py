"""Structure templates at work: which structures of a drawing become ROIs, and under which names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from model.engines.engine import Drawing
from model.errors import EngineFailed
from model.names.entry import Entry
from model.names.naming import entry_for
from model.names.shortening import shorten


@dataclass(frozen=True)
class StructureSelection:
    """``rois`` are labels or ROI names, ``*`` and ``?`` allowed; ``rename`` pairs of one of them and the site's own."""

    rois: tuple[str, ...] = ("*",)
    rename: tuple[tuple[str, str], ...] = ()


def select(drawing: Drawing, selection: StructureSelection) -> Drawing:
    """Return the drawing with the wanted structures alone, renamed; raises EngineFailed when none of them was drawn."""
    given = {entry.label: entry for entry in drawing.names}
    entries = {one.label: given.get(one.label) or entry_for(one.label) for one in drawing.structures}
    kept = tuple(one for one in drawing.structures if _wanted(entries[one.label], selection))
    if not kept:
        raise EngineFailed(
            "NOTHING_WANTED",
            f"The model {drawing.algorithm.model} drew none of the structures that the template asks for.",
        )
    own = dict(selection.rename)
    for label, entry in entries.items():
        name = own.get(label) or own.get(entry.label) or own.get(entry.name)
        if name is not None:
            # By the engine's label: the table may know the structure under another one ("heart" for "Heart").
            given[label] = replace(entry, label=label, name=shorten(name))
    missing = tuple(
        one for one in drawing.not_drawn if _wanted(given.get(one.label) or entry_for(one.label), selection)
    )
    return replace(drawing, structures=kept, not_drawn=missing, names=tuple(given.values()))


def _wanted(entry: Entry, selection: StructureSelection) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in selection.rois for name in (entry.label, entry.name))
