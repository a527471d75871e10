"""Where an ROI, a part of it or a hole ends between two slices: flat, half of the way to the slice without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.compare.domes import Dome, dome_patches
from model.compare.frame import Flags, Frame
from model.compare.patches import Patches, unfilled
from model.compare.pieces import Pieces
from model.contours.structure import BoxedMask

Sheet = NDArray[np.bool_]

# A lid of more pixels than this is covered by larger patches but for its rim.
WIDE = 5000


def lids(
    mask: BoxedMask,
    pieces: Pieces,
    ending: Flags,
    wanted: Flags,
    rounded: Sequence[Dome],
    frame: Frame,
) -> Iterator[Patches]:
    """Make the lids of a mask, a patch for each pixel.

    Args:
        mask: The ROI's mask.
        pieces: The contours of the ROI.
        ending: (slices + 1,) bool: whether a contour ends between slice k - 1 and slice k.
        wanted: (slices,) bool: lids of other slices are left out.
        rounded: Ends that are round.
        frame: The axes of the series.
    """
    first, heights = mask.origin[0], pieces.heights
    domes = {(dome.slice_, dome.way): dome for dome in rounded}
    drawn = np.zeros(len(heights) + 2, dtype=np.bool_)
    drawn[1 + first : 1 + first + len(mask.array)] = mask.array.any(axis=(1, 2))
    for below in range(first - 1, first + len(mask.array)):
        gap = below + 1
        lower, upper = bool(drawn[below + 1]), bool(drawn[below + 2])
        lower_wanted, upper_wanted = lower and bool(wanted[below]), upper and bool(wanted[below + 1])
        if lower and upper and frame.joined[gap]:
            if not ending[gap] or not (lower_wanted or upper_wanted):
                continue
            height = (heights[below] + heights[below + 1]) / 2
            sheets = mask.array[below - first], mask.array[below + 1 - first]
            if lower_wanted:
                yield _lid(ended(*sheets), mask, below, height, 1, frame)
            if upper_wanted:
                yield _lid(ended(*sheets[::-1]), mask, below + 1, height, -1, frame)
            continue
        for slice_, way, is_wanted in ((below, 1, lower_wanted), (below + 1, -1, upper_wanted)):
            if is_wanted:
                sheet, dome = mask.array[slice_ - first], domes.get((slice_, way))
                if dome is not None:
                    yield dome_patches(dome, sheet, mask, pieces, frame)
                else:
                    yield _lid(sheet, mask, slice_, heights[slice_] + way * frame.halves[gap], way, frame)


def ended(here: Sheet, there: Sheet) -> Sheet:
    """Return the parts of one slice that end before the next one: islands without a pixel there, and whole holes.

    A part that lies between what both slices have and what neither has is a slope, not an end.
    """
    found = here & ~there
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    if not len(rows):
        return np.asarray(found, dtype=np.bool_)
    # One pixel around what is alone; beyond the box of the mask nothing is.
    here, there = (np.pad(sheet, 1)[rows[0] : rows[-1] + 3, columns[0] : columns[-1] + 3] for sheet in (here, there))
    alone = here & ~there
    parts, count = ndimage.label(alone)
    slope = np.ones(count + 1, dtype=np.bool_)
    for beyond in (~(here | there), here & there):
        slope &= np.bincount(parts[_beside(beyond)], minlength=count + 1) > 0
    found[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = (alone & ~slope[parts])[1:-1, 1:-1]
    return np.asarray(found, dtype=np.bool_)


def _beside(sheet: Sheet) -> Sheet:
    """Return the pixels with one of their four neighbours set."""
    found = np.zeros_like(sheet)
    found[1:] |= sheet[:-1]
    found[:-1] |= sheet[1:]
    found[:, 1:] |= sheet[:, :-1]
    found[:, :-1] |= sheet[:, 1:]
    return found


def _lid(sheet: Sheet, mask: BoxedMask, slice_: int, height: float, way: int, frame: Frame) -> Patches:
    """Cover a sheet of the mask's box; where it is wide, by patches of two pixels by two."""
    rows, columns = sheet.shape
    wide = np.zeros_like(sheet)
    if np.count_nonzero(sheet) > WIDE:
        blocks = sheet[: rows // 2 * 2, : columns // 2 * 2].reshape(rows // 2, 2, columns // 2, 2).all(axis=(1, 3))
        wide[: rows // 2 * 2, : columns // 2 * 2] = blocks.repeat(2, axis=0).repeat(2, axis=1)
    narrow = np.argwhere(sheet & ~wide)
    broad = np.argwhere(wide[::2, ::2]) * 2
    places = np.concatenate([narrow, broad + 0.5]) + np.array(mask.origin[1:])
    made = unfilled(np.full(len(places), slice_))
    made.centre[:, :2] = frame.corner[slice_] + places[:, ::-1] * np.array([frame.spacing[1], frame.spacing[0]])
    made.centre[:, 2] = height
    made.first[:, 0] = way
    made.second[:, 1] = 1.0
    made.halves[:] = np.array([frame.spacing[1], frame.spacing[0]]) / 2
    made.halves[len(narrow) :] *= 2
    made.runs[:, 1] = way if frame.joined[slice_ + (way > 0)] else 0
    return made
