"""Lasting changes: does the amount of editing, untouched ones included, stay away from the baseline?

Each value becomes a normal score: its rank among the baseline's values (equal ones share the middle rank), as a
quantile of the normal distribution. That needs no form of distribution, takes the many zeros as they are, and one wild
value weighs no more than a few others. Two sums of scores are followed, upwards and downwards:

* a cumulative sum (Page 1954), which finds a change of one sigma within some twenty values: a SHIFT;
* an exponentially weighted mean over about a hundred values (Roberts 1959), which finds what is small or slow: a DRIFT.

Both numbers were chosen by simulation, against a baseline that is itself an estimate from 150 values
(docs/quality.md, "Charts").
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import ndtri

# The cumulative sum: what is let pass at each value, and where it alarms, in sigmas.
SLACK = 0.5
ALARM = 12.5
# The weighted mean: the weight of the newest value, and its limit in sigmas of such a mean.
WEIGHT = 0.02
DRIFT_SIGMAS = 4.0
# Where editing is rare its scores are skewed, and both sums run further by chance: limits grow with the skewness.
ALARM_SKEW = 0.5
DRIFT_SKEW = 0.125
# Where hardly anything was edited the baseline's own sigma says too little: about that of 5 % edited is taken.
LEAST_SIGMA = 0.55
MOST_SKEW = 3.0


class ChangeKind(StrEnum):
    """How the amount of editing changed."""

    SHIFT = "shift"
    DRIFT = "drift"


class Direction(StrEnum):
    """Whether people change more than at the baseline, or less."""

    MORE = "more"
    LESS = "less"


@dataclass(frozen=True)
class Change:
    """A lasting change: the place of the point at which it was seen, and of that at which it was over again."""

    kind: ChangeKind
    direction: Direction
    raised: int
    over: int | None


class Scores:
    """Turns amounts into normal scores by the baseline's amounts; mean 0 and sigma 1 over the baseline.

    ``skewness`` is that of the baseline's scores, without its sign.
    """

    def __init__(self, baseline: Iterable[float]) -> None:
        self._sorted = sorted(baseline)
        raw = [self._raw(amount) for amount in self._sorted]
        self._mean = sum(raw) / len(raw)
        sigma = math.sqrt(sum((one - self._mean) ** 2 for one in raw) / len(raw))
        self._sigma = max(sigma, LEAST_SIGMA)
        cubes = sum((one - self._mean) ** 3 for one in raw) / len(raw)
        self.skewness = min(abs(cubes) / sigma**3, MOST_SKEW) if sigma >= LEAST_SIGMA else MOST_SKEW

    @property
    def count(self) -> int:
        """How many values the baseline has."""
        return len(self._sorted)

    def __call__(self, amount: float) -> float:
        """Return the score of an amount."""
        return (self._raw(amount) - self._mean) / self._sigma

    def _raw(self, amount: float) -> float:
        below, upto = bisect_left(self._sorted, amount), bisect_right(self._sorted, amount)
        return float(ndtri((0.5 * (below + upto) + 0.5) / (len(self._sorted) + 1)))


def changes_of(amounts: Sequence[float], scores: Scores) -> list[Change]:
    """Return the lasting changes in amounts after the baseline, in the order in which they were seen.

    One stands until it is over: the cumulative sum is back at nothing, the mean at half its limit. While a shift
    stands, no drift of the same direction is told beside it: they have one cause.
    """
    alarm = ALARM * (1.0 + ALARM_SKEW * scores.skewness)
    sigmas = DRIFT_SIGMAS * (1.0 + DRIFT_SKEW * scores.skewness)
    sums = {Direction.MORE: 0.0, Direction.LESS: 0.0}
    standing: dict[tuple[ChangeKind, Direction], int] = {}
    found: list[Change] = []
    mean, remembered = 0.0, 1.0
    for place, score in enumerate(map(scores, amounts)):
        mean += WEIGHT * (score - mean)
        remembered *= (1.0 - WEIGHT) ** 2
        limit = sigmas * math.sqrt(WEIGHT / (2.0 - WEIGHT) * (1.0 - remembered) + 1.0 / scores.count)
        for direction, sign in ((Direction.MORE, 1.0), (Direction.LESS, -1.0)):
            # A sum that grew without end would take as long to come down once all is well again.
            sums[direction] = min(max(0.0, sums[direction] + sign * score - SLACK), 2.0 * alarm)
            shift, drift = (ChangeKind.SHIFT, direction), (ChangeKind.DRIFT, direction)
            if shift not in standing and sums[direction] > alarm:
                standing[shift] = place
            elif shift in standing and sums[direction] == 0.0:
                found.append(Change(*shift, standing.pop(shift), place))
            if drift not in standing and shift not in standing and sign * mean > limit:
                standing[drift] = place
            elif drift in standing and sign * mean < limit / 2.0:
                found.append(Change(*drift, standing.pop(drift), place))
    found += [Change(*kind, place, None) for kind, place in standing.items()]
    return sorted(found, key=lambda change: (change.raised, change.kind, change.direction))
