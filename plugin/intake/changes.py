"""Reads Orthanc's change log from the last sequence number stored: the source of truth for what arrived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from plugin.intake.arrivals import Arrivals
from plugin.pacs.client import Orthanc

PAGE = 1000
# On the very first start only what came after Orthanc's own start counts: the archive is not contoured by itself.
LOOK_BACK = 5000


@dataclass(frozen=True)
class News:
    """What one reading of the change log found."""

    arrived: tuple[str, ...]
    deleted: tuple[str, ...]


def read_changes(orthanc: Orthanc, arrivals: Arrivals, started: float, now: Callable[[], float]) -> News:
    """Read all changes since the stored position and note the series they name.

    ``started`` is when Orthanc started (seconds since the epoch): on the very first start, earlier changes are
    passed over.
    """
    position = arrivals.position()
    after = 0.0
    if position is None:
        position = max(0, orthanc.last_change() - LOOK_BACK)
        after = started - 1.0
    arrived: list[str] = []
    deleted: list[str] = []
    done = False
    while not done:
        page = orthanc.changes(position, PAGE)
        instances: list[str] = []
        found: list[str] = []
        for change in page["Changes"]:
            kind, identifier = change["ChangeType"], change["ID"]
            if kind == "Deleted" and change["ResourceType"] == "Series":
                deleted.append(identifier)
            elif after and _seconds(change["Date"]) < after:
                continue
            elif kind == "NewInstance":
                instances.append(identifier)
            elif kind == "NewSeries":
                found.append(identifier)
        if instances:
            found.extend(orthanc.parents_of(instances))
        distinct = tuple(dict.fromkeys(found))
        position = int(page["Last"]) if page["Changes"] else position
        arrivals.record(distinct, position, now())
        arrived.extend(distinct)
        done = bool(page["Done"])
    return News(tuple(dict.fromkeys(arrived)), tuple(dict.fromkeys(deleted)))


def _seconds(date: str) -> float:
    """Orthanc's ``20261122T115500`` (UTC) in seconds since the epoch."""
    return datetime.strptime(date, "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()
