"""Months of a chart: how many ROIs were left, edited, deleted, and whether the month's mean is the baseline's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from model.compare.comparison import Verdict
from plugin.quality.charts.change import Scores
from plugin.quality.charts.limits import SIGMAS
from plugin.quality.charts.point import Point
from plugin.quality.row import RoiRow, month_of


@dataclass(frozen=True)
class Month:
    """One month: counts by verdict, the median of all charted values, and the mean of their scores in sigmas.

    ``score`` is None without a whole baseline. ``limit`` is three sigmas of such a mean: of that month's number of
    values, and of the baseline's, which is an estimate as well.
    """

    month: str
    untouched: int
    edited: int
    deleted: int
    not_comparable: int
    median: float | None
    score: float | None
    limit: float | None

    @property
    def beyond(self) -> bool:
        """Whether the mean of the month is beyond its limit."""
        return self.score is not None and self.limit is not None and abs(self.score) > self.limit


def months_of(
    rows: Sequence[RoiRow], points: Sequence[Point], amounts: Sequence[float], scores: Scores | None
) -> list[Month]:
    """Return the months of a segment in the order of time; ``amounts`` are those of the points."""
    verdicts: dict[str, list[Verdict]] = {}
    for row in rows:
        verdicts.setdefault(row.month, []).append(row.verdict)
    values: dict[str, list[tuple[float, float]]] = {}
    for point, amount in zip(points, amounts, strict=True):
        values.setdefault(month_of(point.at), []).append((point.value, amount))
    return [_month(month, said, values.get(month, []), scores) for month, said in sorted(verdicts.items())]


def _month(
    month: str, verdicts: Sequence[Verdict], values: Sequence[tuple[float, float]], scores: Scores | None
) -> Month:
    score = limit = None
    if scores is not None and values:
        score = sum(scores(amount) for _, amount in values) / len(values)
        limit = SIGMAS * math.sqrt(1.0 / len(values) + 1.0 / scores.count)
    return Month(
        month=month,
        untouched=verdicts.count(Verdict.UNTOUCHED),
        edited=verdicts.count(Verdict.EDITED),
        deleted=verdicts.count(Verdict.DELETED),
        not_comparable=verdicts.count(Verdict.NOT_COMPARABLE),
        median=median(value for value, _ in values) if values else None,
        score=score,
        limit=limit,
    )
