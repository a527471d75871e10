"""The figures of the last run, as they stand under "Soak" in docs/reliability.md."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.soak.growth import Growth, of_connections, of_processes
from tests.soak.samples import Sample

BEGIN, END = "<!-- make soak writes this -->\n", "<!-- the end of what make soak writes -->\n"


@dataclass(frozen=True)
class Run:
    """One run; ``wanted`` is 0 where the time and not a number of series was asked for."""

    seed: int
    series: int
    wanted: int
    seconds: float
    disturbances: dict[str, int]
    # Jobs that failed, by code; those that were given up were retried.
    failed: dict[str, int]
    samples: list[Sample]
    faults: list[str]


def figures(run: Run) -> str:
    """A table, with when and where it was measured."""
    first, last = run.samples[0], run.samples[-1]
    of = f" of {run.wanted:,}" if run.wanted > run.series else ""
    done = ", ".join(f"{count} × {name}" for name, count in sorted(run.disturbances.items())) or "none"
    failed = ", ".join(f"{count} × `{code}`" for code, count in sorted(run.failed.items())) or "none"
    dead = max(sum(one for one, _ in sample.rows.values()) for sample in run.samples)
    grown = (last.database_bytes - first.database_bytes) / max(1, last.series - first.series)
    rows = [
        ("series", f"{run.series:,}{of}, in {run.seconds / 60:.0f} minutes"),
        ("disturbances", f"{done}; seed {run.seed}"),
        ("jobs that were given up and retried", failed),
        ("not done, done twice, keys or copies left, chains broken, growth", "; ".join(run.faults) or "none"),
        *((_name(quantity), _growths(quantity, growths)) for quantity, growths in of_processes(run.samples).items()),
        ("connections to PostgreSQL", _growths("connections", [one] if (one := of_connections(run.samples)) else [])),
        ("dead rows of all tables", f"at most {dead:,}; {sum(one for one, _ in last.rows.values()):,} in the end"),
        ("database", f"{last.database_bytes / 1e6:.0f} MB in the end, {grown / 1000:.1f} kB for each series"),
        ("files in the spools", f"at most {max(_files(one)['spool'] for one in run.samples)}; in the end "
                                f"{_files(last)['spool']}"),
        ("other files of the state directories in the end", _listed(_files(last))),
    ]  # fmt: skip
    day, cores, load = datetime.now(UTC), os.cpu_count(), os.getloadavg()[0]
    when = f"Measured on {day.day} {day:%B %Y} on {cores} cores at load {load:.0f}:\n\n"
    return when + "| | |\n|---|---|\n" + "".join(f"| {name} | {said} |\n" for name, said in rows)


def written(page: str, table: str) -> str:
    """The page with its figures exchanged; they stand between two comments."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, f"the page has no {BEGIN.strip()} … {END.strip()}"
    return before + BEGIN + table + END + after


def _name(quantity: str) -> str:
    return f"{quantity}, medians of the four quarters"


def _growths(quantity: str, growths: Iterable[Growth]) -> str:
    unit, word = (1e6, " MB") if quantity == "memory" else (1.0, "")
    said = [
        f"{one.name}: {' → '.join(f'{value / unit:.0f}' for value in one.quarters)}{word} over {one.series:.0f} series "
        f"({one.per_thousand / unit:+.1f}{word} per 1,000)"
        for one in growths
        # What a gateway starts is the same from its start to its end, most often.
        if len(set(one.quarters)) > 1 or not one.name.startswith("a worker of")
    ]
    return "; ".join(said) or "no row of samples was long enough"


def _files(sample: Sample) -> Counter[str]:
    counted: Counter[str] = Counter()
    for (_, folder), count in sample.files.items():
        counted[folder] += count
    return counted


def _listed(files: Counter[str]) -> str:
    return ", ".join(f"`{name or '.'}` {count}" for name, count in sorted(files.items()) if name != "spool")
