"""Where slices are missing: a step longer than those around it, unless the series goes on with it to its end.

A head CT of the classic kind has thin steps through the base of the skull and thick ones above; both are whole. A hole
is a step that neither its neighbours nor the rest of the series share. One step between two runs may be of a length
between theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A step above this multiple of the usual one is a hole: acquisitions with alternating steps stay below it.
GAP_FACTOR = 1.5
# So many equal steps up to an end of the series are its own way of going on; fewer may be slices that were lost.
LEAST_RUN = 3
# Steps are equal within this part of themselves.
EQUAL = 0.05


@dataclass(frozen=True, slots=True)
class Hole:
    """Slices are missing between ``after`` and ``after + 1``; ``usual`` is the step (mm) that was to be expected."""

    after: int
    usual: float


def holes(steps: NDArray[np.float64], numbers: Sequence[int | None] = ()) -> tuple[Hole, ...]:
    """Judge the distances between neighbouring slices, (slices - 1,) float64 mm, ascending along the normal.

    ``numbers`` are the slices' instance numbers, where known: numbers that skip where the steps are long say that
    slices between them were lost.
    """
    first, last, found = 0, len(steps), []
    while True:
        from_end = _run(steps[first:last][::-1])
        from_start = _run(steps[first:last])
        if from_end and not _skipped(numbers, range(last - from_end.length, last)):
            last -= from_end.length
            found += [Hole(last + from_end.length - 1 - index, from_end.usual) for index in from_end.holes]
            if _between(steps[first:last][::-1], from_end.usual) and not _jumps(numbers, last - 1):
                last -= 1
        elif from_start and not _skipped(numbers, range(first, first + from_start.length)):
            found += [Hole(first + index, from_start.usual) for index in from_start.holes]
            first += from_start.length
            if _between(steps[first:last], from_start.usual) and not _jumps(numbers, first):
                first += 1
        else:
            break
    rest = steps[first:last]
    if len(rest):
        usual = float(np.median(rest))
        found += [Hole(first + int(index), usual) for index in np.flatnonzero(rest > GAP_FACTOR * usual)]
    return tuple(sorted(found, key=lambda hole: hole.after))


@dataclass(frozen=True, slots=True)
class _Run:
    """The first ``length`` steps are ``usual`` ones, but for the holes at these indices."""

    length: int
    usual: float
    holes: tuple[int, ...]


def _run(steps: NDArray[np.float64]) -> _Run | None:
    """Return the run of long steps with which the steps begin, when the rest has shorter ones."""
    if not len(steps):
        return None
    usual = float(steps[0])
    long: list[int] = []
    length = 0
    for index, step in enumerate(steps):
        multiple = round(float(step) / usual)
        if multiple < 1 or abs(float(step) - multiple * usual) > EQUAL * usual:
            break
        if multiple > 1:
            long.append(index)
        else:
            length = index + 1
    inside = tuple(index for index in long if index < length)
    rest = steps[length:]
    if length - len(inside) < max(LEAST_RUN, len(inside) + 1) or not len(rest):
        return None
    return _Run(length, usual, inside) if usual > GAP_FACTOR * float(np.median(rest)) else None


def _between(steps: NDArray[np.float64], run: float) -> bool:
    """Whether the first step leads from a run of longer ones to the others: of a length between both.

    The middles of thin and thick slices that touch are half of each apart.
    """
    return len(steps) > LEAST_RUN and float(np.median(steps)) < float(steps[0]) <= run * (1 + EQUAL)


def _jumps(numbers: Sequence[int | None], step: int) -> bool:
    """Whether numbers are left out at one step that the slices around it do not leave out."""
    if not numbers:
        return False
    known = [number for number in numbers if number is not None]
    before, after = numbers[step], numbers[step + 1]
    if before is None or after is None or len(known) < len(numbers):
        return False
    return abs(after - before) > float(np.median(np.abs(np.diff(np.array(known, dtype=np.int64)))))


def _skipped(numbers: Sequence[int | None], steps: range) -> bool:
    """Whether the slices along these steps have numbers between which others are missing."""
    if not numbers:
        return False
    known = [numbers[index] for index in (*steps, steps.stop)]
    if any(number is None for number in known):
        return False
    jumps = np.abs(np.diff(np.array(known, dtype=np.int64)))
    return bool(np.median(jumps) > 1)
