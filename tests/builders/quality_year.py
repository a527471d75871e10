"""A year of comparisons of one structure, made from a seed: quiet, or with what charts are there to see."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import groupby
from random import Random

import sqlalchemy as sa

from model.compare.comparison import Metrics, Verdict
from plugin.quality.row import ComparisonRow, ComparisonState, Link, RoiRow, numbers_of
from plugin.state.database import compared_rois, comparisons

DAY = 86400.0
START = 1767225600.0  # 2026-01-01
COMPARISONS = 2000
# Digests of a model before and after it was exchanged.
FIRST, SECOND = "a" * 64, "b" * 64


@dataclass(frozen=True)
class Year:
    """What happens in a year, by the number of the comparison; what is None does not happen.

    ``share`` of the structures are edited, by a path whose logarithm is normal: ``median`` mm, ``sigma``.
    """

    share: float = 0.8
    median: float = 150.0
    sigma: float = 0.7
    shift: int | None = None
    factor: float = 2.2
    drift: int | None = None
    grown: float = 3.0
    outlier: int | None = None
    exchanged: int | None = None
    count: int = COMPARISONS

    def rows(self, seed: int, structure: str = "Heart", days: float = 365.0, end: float | None = None) -> list[RoiRow]:
        """Return the rows, evenly over the days from 2026-01-01, or up to ``end``."""
        random = Random(seed)
        start = START if end is None else end - days * DAY
        return [
            self._row(random, place, structure, start + place * days * DAY / self.count) for place in range(self.count)
        ]

    def _row(self, random: Random, place: int, structure: str, at: float) -> RoiRow:
        edited = random.random() < self.share or place == self.outlier
        length = math.exp(random.gauss(math.log(self.median), self.sigma))
        length *= self.factor if self.shift is not None and place >= self.shift else 1.0
        if self.drift is not None and place >= self.drift:
            length *= self.grown ** ((place - self.drift) / max(1, self.count - self.drift))
        if place == self.outlier:
            length = self.median * math.exp(5 * self.sigma)
        distance = math.exp(0.6 * math.log(length / self.median) + random.gauss(math.log(0.8), 0.4))
        numbers = Metrics(
            volume=500.0,
            other_volume=501.0,
            dice=max(0.0, 1.0 - 0.03 * distance) if edited else 1.0,
            hausdorff95=3.0 * distance if edited else 0.0,
            mean_surface_distance=distance if edited else 0.0,
            surface_dice=max(0.0, 1.0 - 0.1 * distance) if edited else 1.0,
            tolerance=2.0,
            added_path_length=length if edited else 0.0,
        )
        return RoiRow(
            job=f"{place:032x}",
            instance=f"{place:08x}",
            at=at,
            structure=structure,
            verdict=Verdict.EDITED if edited else Verdict.UNTOUCHED,
            metrics=numbers,
            code=None,
            model="thorax",
            digest=SECOND if self.exchanged is not None and place >= self.exchanged else FIRST,
            target="local",
            scanner="MAKER Scanner",
            link=Link.PREDECESSOR,
            late=False,
            approved=True,
        )


def keep(engine: sa.Engine, rows: list[RoiRow]) -> None:
    """Put rows into the tables of a gateway, as if their structure sets had come and been compared.

    Rows of one job are those of one comparison.
    """
    comparisons_, rois = [], []
    for job, own in groupby(sorted(rows, key=lambda row: row.job), key=lambda row: row.job):
        of_job = list(own)
        first = of_job[0]
        one = ComparisonRow(
            job=job,
            instance=first.instance,
            evidence_code="",
            state=ComparisonState.COMPARED,
            link=first.link,
            late=False,
            approved=True,
            reviewed=None,
            at=first.at,
            model=first.model,
            digest=first.digest,
            target=first.target,
            scanner=first.scanner,
            effective=True,
        )
        comparisons_.append(asdict(one) | {"state": str(one.state), "link": str(one.link), "warnings": []})
        rois += [
            {
                "job": job,
                "instance": first.instance,
                "number": number,
                "structure": row.structure,
                "verdict": str(row.verdict),
                "code": row.code,
                "numbers": numbers_of(row.metrics),
            }
            for number, row in enumerate(of_job, start=1)
        ]
    with engine.begin() as connection:
        connection.execute(sa.insert(comparisons), comparisons_)
        connection.execute(sa.insert(compared_rois), rois)
