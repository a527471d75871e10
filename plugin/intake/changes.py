"""Reads Orthanc's change log from the last sequence number stored: the source of truth for what arrived.

The position is a cursor into somebody else's log. It may be emptied (``DELETE /changes``), or be another one: a new or
a restored index begins at 1 again. So the last entries read are kept with the position, and what may have been lost
is looked for in Orthanc itself (reconcile.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugin.intake.arrivals import Arrivals, Position
from plugin.pacs.client import Orthanc, seconds_of

PAGE = 1000
# Read at once; after an outage there may be millions of entries, which are read in so many parts.
MOST_PAGES = 50
# Entries by which a log is known again. An entry goes with what it speaks of, so one alone might be gone.
MARKS = 8
# On the very first start only what came after Orthanc's own start counts: the archive is not contoured by itself.
LOOK_BACK = 5000

EMPTIED = "entries of Orthanc's change log are gone that were never read (it was emptied, or what came was deleted)"
RENEWED = "Orthanc's change log is another one than before (a new or a restored index)"


@dataclass(frozen=True)
class News:
    """What one reading of the change log found; ``lost`` says why something may have been missed.

    ``entries`` were read; ``more`` says that there are more of them now.
    """

    arrived: tuple[str, ...]
    lost: str | None
    entries: int = 0
    more: bool = False


def read_changes(orthanc: Orthanc, arrivals: Arrivals, started: Callable[[], float]) -> News:
    """Read the changes since the stored position, some ten thousand at most, and note the series they name.

    ``started`` tells since when what arrives counts (seconds since the epoch, by Orthanc's clock): on the very first
    start, earlier changes are passed over.
    """
    position = arrivals.position()
    first_start, after = position is None, 0.0
    if position is None:
        after = started() - 1.0
        position = Position(max(0, orthanc.last_change() - LOOK_BACK), {})
    arrived: list[str] = []
    lost: str | None = None
    entries = pages = 0
    done = False
    first = True
    while not done and pages < MOST_PAGES:
        # From the first mark on, so that one request reads what is new and looks whether it follows what is known.
        since = min(position.marks, default=position.sequence + 1) - 1 if first else position.sequence
        page = orthanc.changes(since, PAGE)
        changes: list[Mapping[str, Any]] = page["Changes"]
        if first and not first_start:
            newest = max([int(page["Last"]), *_numbers(changes)])
            if newest < position.sequence:
                newest = orthanc.last_change()  # the last entries may be gone with what they told of
            lost = _lost(position, changes, newest)
            if lost == RENEWED:
                # What the other log tells of is looked for in Orthanc: reading it would contour a whole archive.
                position = Position(orthanc.last_change(), {})
                arrivals.record((), position, reconcile=True)
                return News((), lost)
        new = [change for change in changes if int(change["Seq"]) > position.sequence]
        found = _named(orthanc, new, after)
        # Of an emptied log only the newest number is left.
        sequence = max([position.sequence, *(_numbers(new) or [int(page["Last"])])])
        position = Position(sequence, _marks(position, new))
        arrivals.record(
            found, position, installed=after if first_start and first else None, reconcile=first and lost is not None
        )
        arrived.extend(found)
        entries += len(new)
        done = bool(page["Done"])
        first = False
        pages += 1
    return News(tuple(dict.fromkeys(arrived)), lost, entries, more=not done)


def is_another_log(orthanc: Orthanc, position: Position) -> bool:
    """Whether the change log is another one than that in which a position was; reads one page, and notes nothing."""
    if not position.marks:
        return False
    page = orthanc.changes(min(position.marks) - 1, PAGE)
    changes: list[Mapping[str, Any]] = page["Changes"]
    newest = max([int(page["Last"]), *_numbers(changes)])
    if newest < position.sequence:
        newest = orthanc.last_change()
    return _lost(position, changes, newest) == RENEWED


def _lost(position: Position, changes: Sequence[Mapping[str, Any]], newest: int) -> str | None:
    """Say why entries between the position and what the log holds now may have been missed; None when none can."""
    there = {int(change["Seq"]): mark_of(change) for change in changes if int(change["Seq"]) in position.marks}
    if newest < position.sequence or any(position.marks[sequence] != mark for sequence, mark in there.items()):
        return RENEWED
    follows = min((one for one in _numbers(changes) if one > position.sequence), default=newest + 1)
    return EMPTIED if follows > position.sequence + 1 else None


def _named(orthanc: Orthanc, changes: Sequence[Mapping[str, Any]], after: float) -> tuple[str, ...]:
    """Return the series with something new that changes tell of; of deletions the log does not tell."""
    instances: list[str] = []
    found: list[str] = []
    for change in changes:
        kind, identifier = change["ChangeType"], change["ID"]
        if after and seconds_of(change["Date"]) < after:
            continue
        if kind == "NewInstance":
            instances.append(identifier)
        elif kind == "NewSeries":
            found.append(identifier)
    if instances:
        found.extend(orthanc.parents_of(instances))
    return tuple(dict.fromkeys(found))


def mark_of(change: Mapping[str, Any]) -> str:
    """Return the digest by which an entry of the log is known again."""
    text = "\n".join(str(change.get(key, "")) for key in ("Seq", "ChangeType", "ID", "Date"))
    return hashlib.sha256(text.encode()).hexdigest()


def _marks(position: Position, new: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    marks = {**position.marks, **{int(change["Seq"]): mark_of(change) for change in new}}
    return {sequence: marks[sequence] for sequence in sorted(marks)[-MARKS:]}


def _numbers(changes: Sequence[Mapping[str, Any]]) -> list[int]:
    return [int(change["Seq"]) for change in changes]
