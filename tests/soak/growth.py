"""Whether something grows: a line through the samples of a process from start to end, and its quarters compared.

What leaks rises from quarter to quarter; a pool of threads or connections that fills when more is to be done at once
rises in a step, and comes to rest.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.soak.samples import ProcessSample, Sample

# A process that has just started fills its pools and caches: series of the group until it is judged, and how many more
# are needed before a line says something.
WARM_UP, ENOUGH = 100, 300
FEWEST_SAMPLES = 12
# Samples in which the same gateways run, until their connections are judged.
STEADY = 4
# Bounds per 1,000 series; the quarters must rise too, so that one odd sample, or one step, is no growth.
MEMORY_SHARE, MEMORY_ENDS = 0.10, 0.01
COUNT, COUNT_ENDS = 5.0, 2.0
# PostgreSQL's own rule for when a table is vacuumed, and how long it may take on a crowded machine.
VACUUM_ROWS, VACUUM_SHARE, VACUUM_SECONDS = 50, 0.2, 300.0
Point = tuple[float, float]
# Gateway, number and birth of a process.
Process = tuple[int, int, int]
# What a gateway does in its group: a leader does more, and keeps what it filled for that when it leads no more.
FOLLOWS, LEADS, LED = "", ", leading", ", after it led"


@dataclass(frozen=True)
class Growth:
    """How a quantity went over so many series: the median of each quarter of its samples, and the line's slope."""

    name: str
    series: float
    quarters: tuple[float, float, float, float]
    per_thousand: float

    @property
    def first(self) -> float:
        """The median of the first quarter."""
        return self.quarters[0]

    @property
    def last(self) -> float:
        """The median of the last quarter."""
        return self.quarters[-1]

    @property
    def rises(self) -> bool:
        """Whether each quarter lies above the one before."""
        return all(before < after for before, after in pairwise(self.quarters))

    @property
    def share(self) -> float:
        """The slope beside the median of the first quarter, per 1,000 series."""
        return self.per_thousand / self.first if self.first else 0.0


def fitted(name: str, points: Sequence[Point]) -> Growth | None:
    """Fit (series, value); None where there are too few of them."""
    if len(points) < FEWEST_SAMPLES or points[-1][0] - points[0][0] < ENOUGH:
        return None
    line = statistics.linear_regression([x for x, _ in points], [y for _, y in points])
    ends = [len(points) * quarter // 4 for quarter in range(5)]
    one, two, three, four = (statistics.median(y for _, y in points[a:b]) for a, b in pairwise(ends))
    return Growth(name, points[-1][0] - points[0][0], (one, two, three, four), 1000 * line.slope)


def warm(points: Sequence[Point]) -> list[Point]:
    """Leave out what was read before the warm-up was over."""
    return [one for one in points if one[0] >= points[0][0] + WARM_UP]


@dataclass(frozen=True)
class Life:
    """A process in one role, which it may have had several times, with the series that were done at each sample."""

    name: str
    samples: list[tuple[float, ProcessSample]]


def lives(samples: Iterable[Sample]) -> list[Life]:
    """The samples of each process in each of its roles."""
    found: dict[tuple[bool, Process, str], Life] = {}
    for sample, roles in with_roles(samples):
        for one in sample.processes:
            role = FOLLOWS if one.worker else roles[key(one)]
            name = f"{'a worker of ' if one.worker else ''}gateway {one.gateway + 1}{role}"
            life = found.setdefault((one.worker, key(one), role), Life(name, []))
            life.samples.append((sample.series, one))
    return sorted(found.values(), key=lambda life: life.name)


def with_roles(samples: Iterable[Sample]) -> Iterator[tuple[Sample, dict[Process, str]]]:
    """Each sample, with the role of every gateway's process that runs in it."""
    led: set[Process] = set()
    for sample in samples:
        roles: dict[Process, str] = {}
        for one in sample.processes:
            if not one.worker:
                roles[key(one)] = LEADS if one.leads else LED if key(one) in led else FOLLOWS
                led |= {key(one)} if one.leads else set()
        yield sample, roles


def key(one: ProcessSample) -> Process:
    """Tell a process from every other one."""
    return one.gateway, one.pid, one.born


QUANTITIES: dict[str, Callable[[ProcessSample], float]] = {
    "memory": lambda one: float(one.memory),
    "descriptors": lambda one: float(one.descriptors),
    "threads": lambda one: float(one.threads),
}


def of_processes(samples: Sequence[Sample]) -> dict[str, list[Growth]]:
    """Growths of every process that was long enough in one role, by quantity."""
    found: dict[str, list[Growth]] = {name: [] for name in QUANTITIES}
    for life in lives(samples):
        for quantity, value in QUANTITIES.items():
            growth = fitted(life.name, warm([(series, value(one)) for series, one in life.samples]))
            found[quantity] += [growth] if growth else []
    return found


def of_connections(samples: Sequence[Sample]) -> Growth | None:
    """Of all gateways together, where all have run for some samples and equally many have led: the longest such row."""
    running = [(one, roles, frozenset(roles)) for one, roles in with_roles(samples)]
    most = max((len(processes) for _, _, processes in running), default=0)
    steady: dict[int, list[Point]] = defaultdict(list)
    for number, (one, roles, processes) in enumerate(running):
        if number >= STEADY and len(processes) == most and processes == running[number - STEADY][2]:
            leaders = sum(role != FOLLOWS for role in roles.values())
            steady[leaders].append((float(one.series), float(one.connections)))
    longest = max(steady.values(), key=len, default=[])
    return fitted("all gateways", warm(longest)) if longest else None


def sentences(samples: Sequence[Sample]) -> list[str]:
    """What grows without bound, each as a sentence; empty when nothing does."""
    said: list[str] = []
    for quantity, growths in of_processes(samples).items():
        said += [_sentence(quantity, one) for one in growths if grows(quantity, one)]
    connections = of_connections(samples)
    if connections is not None and grows("connections", connections):
        said.append(_sentence("connections", connections))
    return said + unvacuumed(samples)


def grows(quantity: str, one: Growth) -> bool:
    """Whether the line rises beyond the bound, and so does each quarter above the one before."""
    if quantity == "memory":
        return one.rises and one.share > MEMORY_SHARE and one.last > one.first * (1 + MEMORY_ENDS)
    return one.rises and one.per_thousand > COUNT and one.last - one.first >= COUNT_ENDS


def unvacuumed(samples: Sequence[Sample]) -> list[str]:
    """Tables that stay beyond PostgreSQL's own bound of dead rows for longer than a vacuum takes to come."""
    since: dict[str, float] = {}
    worst: dict[str, float] = {}
    for sample in samples:
        for table, (dead, live) in sample.rows.items():
            if dead <= VACUUM_ROWS + VACUUM_SHARE * live:
                since.pop(table, None)
                continue
            began = since.setdefault(table, sample.seconds)
            worst[table] = max(worst.get(table, 0.0), sample.seconds - began)
    return [
        f"dead rows of {table} were not vacuumed for {seconds:.0f} s"
        for table, seconds in sorted(worst.items())
        if seconds > VACUUM_SECONDS
    ]


def _sentence(quantity: str, one: Growth) -> str:
    unit = 1e6 if quantity == "memory" else 1.0
    return (
        f"{quantity} of {one.name} grow without bound: from {one.first / unit:.1f} to {one.last / unit:.1f} over "
        f"{one.series:.0f} series, {one.per_thousand / unit:+.1f} per 1,000"
    )
