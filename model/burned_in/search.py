"""Which slices of a series look as if text were drawn into them.

Two looks. Each slice for itself: lines of strongly drawn characters. And all together: what is exactly the same in
slices that are spread over the series, which anatomy and noise never are, so that faint writing is found as well.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from model.burned_in.lines import longest_line
from model.burned_in.transitions import STEP, contrast_of, dense_blocks, region_of, sampled

# Characters of a line that make a suspicion: in one slice, and at one place of many.
CHARACTERS, CHARACTERS_OF_ALL = 8, 6
# Steps of what is the same in many slices may be as faint as this part of the contrast.
FAINT = 0.02
_FEWEST_SLICES = 6
# No page is written so full; where more blocks than this are dense, the image is noise.
NOISE = 0.75
# Looked at closely are the slices with the most suspicious blocks, and those with many more than their neighbours:
# that bounds the time for noise of any kind.
_CLOSELY = 8


def slices_with_text(slices: Sequence[NDArray[np.integer]]) -> tuple[int, ...]:
    """Return indices of slices, each (row, column) of stored integers, in which a line of characters seems to be drawn.

    Each slice is taken from ``slices`` when it is looked at, several at once and some more than once. At most 16 are
    looked at closely, so that the count is a lower bound.
    """
    if not slices:
        return ()
    contrast = contrast_of(slices)
    if contrast <= 0:
        contrast = float(max(int(one.max()) - int(one.min()) for one in sampled(slices)))
    if contrast <= 0:
        return ()
    step = max(1.0, STEP * contrast)

    def written(index: int) -> bool:
        return _longest(slices[index], dense[index], contrast, step) >= CHARACTERS

    with ThreadPoolExecutor(max(2, min(4, os.cpu_count() or 1))) as pool:
        dense = list(pool.map(lambda index: dense_blocks(slices[index], step), range(len(slices))))
        closely = _most_suspicious(np.array([np.count_nonzero(blocks) for blocks in dense]))
        found = [index for index, text in zip(closely, pool.map(written, closely), strict=True) if text]
    if not found and _same_in_all(slices, contrast):
        return tuple(range(len(slices)))
    return tuple(found)


def _most_suspicious(counts: NDArray[np.intp]) -> list[int]:
    """Return indices of the slices with the most dense blocks, and with the most beyond their neighbours'.

    Both are ascending.
    """
    around = np.pad(counts, 1, mode="edge")
    excess = counts - np.maximum(around[:-2], around[2:])
    chosen = {*np.argsort(counts, kind="stable")[::-1][:_CLOSELY], *np.argsort(excess, kind="stable")[::-1][:_CLOSELY]}
    return sorted(int(index) for index in chosen if counts[index])


def _same_in_all(slices: Sequence[NDArray[np.integer]], contrast: float) -> bool:
    """Whether a line of characters is at the same place, in the same values, in slices spread over the series."""
    some = [one for one in sampled(slices) if one.shape == slices[0].shape]
    if len(some) < _FEWEST_SLICES:
        return False
    highest, lowest = some[0].copy(), some[0].copy()
    for one in some[1:]:
        np.maximum(highest, one, out=highest)
        np.minimum(lowest, one, out=lowest)
    step = max(1.0, FAINT * contrast)
    same = highest == lowest
    if not same.any():
        return False
    # All else gets one value, so that only what is the same everywhere has edges.
    rest = highest[~same]
    image = np.where(same, highest, np.sort(rest)[rest.size // 2]) if rest.size else highest
    # What is written upright is looked for here alone: along the margin it is in every slice.
    turned = (np.ascontiguousarray(np.rot90(image, times)) for times in (0, 1, 3))
    return any(_longest(one, dense_blocks(one, step), contrast, step) >= CHARACTERS_OF_ALL for one in turned)


def _longest(image: NDArray[np.integer], dense: NDArray[np.bool_], contrast: float, step: float) -> int:
    """Characters of the longest line; 0 for an image that steps nearly everywhere."""
    if not dense.any() or dense.mean() > NOISE:
        return 0
    return longest_line(image, region_of(dense, image.shape), contrast, step)
