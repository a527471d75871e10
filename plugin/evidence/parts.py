"""The parts of a job: what each gateway of a group recorded of it, in the order in which they had it.

A job that was taken over has records in two chains. Clocks of two gateways may differ, so the order is that of the
records themselves: TAKEN_OVER names the gateway before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model.evidence.event import Event
from model.evidence.record import Record
from plugin.evidence.closing import missing_before_close


@dataclass(frozen=True, slots=True)
class Part:
    """What one gateway did for a job at a stretch; ``records`` in the order of its chain, ``last``: it has the job."""

    gateway: str
    records: tuple[Record, ...]
    last: bool

    @property
    def missing(self) -> tuple[Event, ...]:
        """What this gateway still owes: of a job that was taken from it, that its files are gone."""
        missing = missing_before_close(self.records)
        if self.last:
            return missing
        # Its key was destroyed by the gateway that took the job.
        return tuple(event for event in missing if event is not Event.KEY_DESTROYED)


def parts_of(chains: Mapping[str, Sequence[Record]]) -> list[Part]:
    """Put the records of one job in order; ``chains`` holds those of each gateway, in the order of its chain."""
    stretches = [(gateway, one) for gateway, records in chains.items() for one in _stretches(records)]
    waiting = sorted(stretches, key=lambda one: (_before(one[1]) is not None, one[1][0].time))
    ordered: list[tuple[str, list[Record]]] = []
    while waiting:
        last = ordered[-1][0] if ordered else None
        following = next((one for one in waiting if last is not None and _before(one[1]) == last), waiting[0])
        waiting.remove(following)
        ordered.append(following)
    return [
        Part(gateway, tuple(records), number == len(ordered)) for number, (gateway, records) in enumerate(ordered, 1)
    ]


def records_in_order(parts: Sequence[Part]) -> list[Record]:
    """All records of a job, part by part."""
    return [record for part in parts for record in part.records]


def missing_in(parts: Sequence[Part]) -> tuple[Event, ...]:
    """Name what is still to be recorded before nothing of a job is left anywhere, at whichever gateway."""
    return tuple(dict.fromkeys(event for part in parts for event in part.missing))


def _stretches(records: Sequence[Record]) -> list[list[Record]]:
    """Part the records of one chain where its gateway took the job over, which it may have had before."""
    stretches: list[list[Record]] = []
    for record in records:
        if record.event is Event.TAKEN_OVER or not stretches:
            stretches.append([])
        stretches[-1].append(record)
    return stretches


def _before(records: Sequence[Record]) -> str | None:
    first = records[0]
    return str(first.facts["gateway"]) if first.event is Event.TAKEN_OVER else None
