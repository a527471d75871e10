"""Slices of logits on a coarse grid to slices of the fine one on which something may be found: arrays or tensors.

A linear blend lies between its corners, so what lies outside the box of the corners that matter is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from model.engines.network.axis import Axis

Shape = tuple[int, int, int]
# First and last row and column, inclusive.
Box = tuple[int, int, int, int]


class Sliced(Protocol):
    """An array of numpy or a tensor of torch."""

    def __getitem__(self, part: Any, /) -> Any:
        """Return a part, which is of the same kind."""
        ...


Logits = TypeVar("Logits", bound=Sliced)


@dataclass(frozen=True)
class Sheet(Generic[Logits]):
    """A slice of the fine grid with the coarse logits (classes, y, x) around what may be found on it."""

    index: int
    rows: slice
    columns: slice
    logits: Logits
    y: Axis
    x: Axis


def sheets(
    logits: Iterator[Logits],
    coarse: Shape,
    fine: Shape,
    orders: Sequence[int],
    box_of: Callable[[Logits], Box | None],
    between: Callable[[Logits, Logits, np.float32], Logits],
) -> Iterator[Sheet[Logits]]:
    """Yield the slices of the fine grid on which something may be found.

    ``box_of`` is the box of the voxels of a coarse slice that matter, None where none does; ``between`` blends two of
    them by the share of the second. Whether the numbers are numbers is for ``box_of`` to see.
    """
    z, y, x = (Axis.between(c, f, order) for c, f, order in zip(coarse, fine, orders, strict=True))
    held: dict[int, tuple[Logits, Box | None]] = {}
    arrived = -1
    for index in range(fine[0]):
        below, above = int(z.below[index]), int(z.above[index])
        while arrived < above:
            arrived += 1
            arriving = next(logits)
            held[arrived] = (arriving, box_of(arriving))
        for old in [key for key in held if key < below]:
            del held[old]
        boxes = [box for key in {below, above} if (box := held[key][1]) is not None]
        if not boxes:
            continue
        top, left = min(box[0] for box in boxes), min(box[2] for box in boxes)
        bottom, right = max(box[1] for box in boxes), max(box[3] for box in boxes)
        rows, columns = y.within(top, bottom), x.within(left, right)
        if rows.stop == 0 or columns.stop == 0:
            continue
        # One coarse voxel around the box: the other end of every blend that touches it.
        part = (slice(None), slice(max(0, top - 1), bottom + 2), slice(max(0, left - 1), right + 2))
        found = held[below][0][part]
        if z.share[index]:
            found = between(found, held[above][0][part], z.share[index])
        yield Sheet(index, rows, columns, found, y.cut(rows, part[1].start), x.cut(columns, part[2].start))
    for _ in logits:  # slices beyond the last that is asked for: the window must be run to its end
        pass
