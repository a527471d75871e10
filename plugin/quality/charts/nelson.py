"""Rules 1, 2 and 3 of Nelson (Journal of Quality Technology 16, 1984): marks of a chart of individual values.

On an unchanged process with normal values and known lines a point is marked by rule 1 in 0.27 %, by rule 2 a run begins
every 511 points, by rule 3 about every 360. On thirty charts that is a mark a day: they guide the eye, and of them only
rule 1, on the side of more editing, raises an alert.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from itertools import pairwise

SAME_SIDE = 9
RISING = 6


class Rule(IntEnum):
    """Nelson's rules that are used, by his numbers."""

    BEYOND_LIMIT = 1
    NINE_ON_ONE_SIDE = 2
    SIX_RISING_OR_FALLING = 3


def beyond_limits(values: Sequence[float], lower: float, upper: float) -> list[int]:
    """Return the places of values beyond a limit (rule 1)."""
    return [place for place, value in enumerate(values) if value < lower or value > upper]


def nine_on_one_side(values: Sequence[float], centre: float) -> list[int]:
    """Return the places at which nine values in a row lie on one side of the centre (rule 2); on it counts for none."""
    return _runs([(value > centre) - (value < centre) for value in values], SAME_SIDE)


def six_rising_or_falling(values: Sequence[float]) -> list[int]:
    """Return the places at which six values in a row rise, or fall (rule 3); equal ones end a row."""
    steps = [(after > before) - (after < before) for before, after in pairwise(values)]
    return [place + 1 for place in _runs(steps, RISING - 1)]


def _runs(signs: Sequence[int], wanted: int) -> list[int]:
    places, length, last = [], 0, 0
    for place, sign in enumerate(signs):
        length = length + 1 if sign != 0 and sign == last else int(sign != 0)
        last = sign
        if length >= wanted:
            places.append(place)
    return places
