"""Where the patient's middle runs: what tells left from right and bounds the search for what lies in the middle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.hu_ct.morphology import Mask
from model.engines.hu_ct.spinal_canal import Path

SMOOTH_SLICES = 9


def body_middle(body: Mask) -> NDArray[np.float64]:
    """Column with half of the body on either side, per slice of the working grid; (slices,) float64.

    Half of the voxels, not of the width: one arm beside the body moves it little.
    """
    columns = body.sum(axis=1, dtype=np.int64)
    half = np.cumsum(columns, axis=1) >= columns.sum(axis=1, keepdims=True) / 2
    return np.asarray(
        ndimage.uniform_filter1d(np.argmax(half, axis=1).astype(np.float64), SMOOTH_SLICES, mode="nearest")
    )


def middle_of(body: Mask, canal: Path | None) -> NDArray[np.float64]:
    """The same by the spine where it was found, by its nearest slice beyond its ends; else by the body."""
    if canal is None:
        return body_middle(body)
    known = canal.first + np.arange(len(canal.columns))
    return np.interp(np.arange(body.shape[0]), known, canal.columns)
