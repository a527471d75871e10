"""Where each number of a label map lies: one pass over the map, whatever the numbers are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.network import kernel

Box = tuple[slice, slice, slice]


def boxes(labels: NDArray[np.uint16], count: int) -> list[Box | None]:
    """Return the box of each number below ``count``, None where it is not there; that of 0 is not asked for.

    ``labels`` (slice, row, column) may be a turned view.
    """
    if kernel.KERNEL is None:
        found = ndimage.find_objects(labels.astype(np.int32), max_label=max(1, count - 1))
        return [None, *found][:count]
    ends = np.frombuffer(kernel.KERNEL.boxes(labels, count), dtype=np.int32).reshape(count, 3, 2).tolist()
    return [None if a[1] == 0 else (slice(*a), slice(*b), slice(*c)) for a, b, c in ends]
