"""Centre and limits of individual values, from a baseline: Shewhart's three sigma, on the logarithm of the amount.

Amounts of editing are skewed to the right, and many are exactly nothing. Three sigma around the mean of raw values call
every fiftieth quiet case an outlier. So what was left untouched is not on this chart (its share is judged by
``change``), and of what was edited the logarithm is. That may be skewed as well, to either side: the centre is the
median, and each side has a sigma of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from scipy.special import ndtr, stdtrit

# Limits are drawn from so many edited values on.
FEWEST = 20
SIGMAS = 3.0


@dataclass(frozen=True)
class Limits:
    """Lines of a chart of individual values, as natural logarithms of amounts; ``count`` values are behind them."""

    centre: float
    lower: float
    upper: float
    count: int


def limits_of(logs: Sequence[float]) -> Limits | None:
    """Return the lines for values to come, or None where fewer than 20 are known.

    The baseline's own values beyond its limits are left out once, as is usual in the first phase of a chart
    (Montgomery, Introduction to Statistical Quality Control, 6.2). The factor is that of a prediction interval: three
    for a large baseline and more for a small one, so that an unchanged process is beyond a limit in 0.27 % whatever
    the number of values behind it (Hillier, Journal of Quality Technology 1, 1969).
    """
    if len(logs) < FEWEST:
        return None
    first = _lines(logs)
    kept = [one for one in logs if first.lower <= one <= first.upper]
    return _lines(kept) if FEWEST <= len(kept) < len(logs) else first


def _lines(logs: Sequence[float]) -> Limits:
    centre = median(logs)
    factor = _factor(len(logs) // 2)
    below = factor * _spread([centre - one for one in logs if one < centre])
    above = factor * _spread([one - centre for one in logs if one > centre])
    return Limits(centre, centre - below, centre + above, len(logs))


def _spread(distances: Sequence[float]) -> float:
    """Return the sigma of one side: the root mean square of its distances from the centre."""
    return math.sqrt(sum(one * one for one in distances) / len(distances)) if distances else 0.0


@lru_cache(maxsize=4096)
def _factor(count: int) -> float:
    return float(stdtrit(count - 1, ndtr(SIGMAS))) * math.sqrt(1.0 + 1.0 / count)
