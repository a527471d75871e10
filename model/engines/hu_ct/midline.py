"""Where the patient's middle runs: what tells left from right and bounds the search for what lies in the middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.hu_ct.morphology import Mask
from model.engines.hu_ct.spinal_canal import Path

SMOOTH_SLICES = 9


@dataclass(frozen=True)
class Spine:
    """Return the canal's ``rows`` and ``columns`` in every slice of the working grid, (slices,) float64.

    Beyond its ends those of its nearest slice; it was seen from slice ``first`` to before slice ``last``.
    """

    rows: NDArray[np.float64]
    columns: NDArray[np.float64]
    first: int
    last: int


def spine_of(canal: Path, slices: int) -> Spine:
    """Return the spine by its canal, for all ``slices`` of the working grid."""
    known = canal.first + np.arange(len(canal.columns))
    wanted = np.arange(slices)
    rows, columns = np.interp(wanted, known, canal.rows), np.interp(wanted, known, canal.columns)
    return Spine(rows, columns, int(known[0]), int(known[-1]) + 1)


def body_middle(body: Mask) -> NDArray[np.float64]:
    """Column with half of the body on either side, per slice of the working grid; (slices,) float64.

    Half of the voxels, not of the width: one arm beside the body moves it little. It bounds a search and never decides
    about a side.
    """
    columns = body.sum(axis=1, dtype=np.int64)
    half = np.cumsum(columns, axis=1) >= columns.sum(axis=1, keepdims=True) / 2
    return np.asarray(
        ndimage.uniform_filter1d(np.argmax(half, axis=1).astype(np.float64), SMOOTH_SLICES, mode="nearest")
    )
