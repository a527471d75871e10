"""The table of docs/reliability.md, which a run writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.builders.orthanc_process import CHECKOUT
from tests.chaos.counts import Counts

PAGE = CHECKOUT / "docs" / "reliability.md"
BEGIN, END = "<!-- make chaos-group writes this table -->", "<!-- the end of the table -->"
HEAD = (
    "Scenario", "What is done", "Series", "Went on after", "All done after", "Jobs lost", "Jobs twice",
    "RTSTRUCTs twice", "Keys left", "Copies left", "Chains that hold",
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One scenario, as it went; ``skipped`` says why it did not."""

    name: str
    what: str
    series: int = 0
    went_on: float = 0.0
    ended: float = 0.0
    counts: Counts | None = None
    skipped: str = ""

    @property
    def row(self) -> str:
        cells = [f"`{self.name}`", self.what]
        if self.counts is None:
            cells += [f"not run: {self.skipped}"] + [""] * (len(HEAD) - 3)
        else:
            *numbers, chains = self.counts.numbers
            cells += [
                str(self.series),
                f"{self.went_on:.1f} s",
                f"{self.ended:.0f} s",
                *map(str, numbers),
                f"{chains} of 3",
            ]
        return f"| {' | '.join(cells)} |"

    @property
    def good(self) -> bool:
        return self.counts is not None and not self.counts.faults and self.counts.chains == 3


def table(runs: list[Run], machine: str, day: date) -> str:
    """Give the table, with the day and the machine on which it was measured."""
    lines = [f"Measured on {day.isoformat()}, {machine}.", "", f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    return "\n".join([*lines, *(run.row for run in runs)])


def write(text: str, page: Path = PAGE) -> None:
    """Put a table into the page in place of the one before."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
