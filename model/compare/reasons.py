"""What the numbers of an edited ROI do not tell: slices without a contour, ends that were cut, planes of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from model.compare.pair import pair_of
from model.compare.resampled import OwnPlanes
from model.contours.structure import BoxedMask
from model.rtstruct.read import RoiMask

Remark = tuple[str, str]


def remarks_on_slices(reference: BoxedMask, other: BoxedMask) -> Iterator[Remark]:
    """Yield code and words for slices on which only one of two masks has voxels: between its ends, and beyond them."""
    pair = pair_of(reference, other)
    ours, theirs = (np.asarray(mask.any(axis=(1, 2)), dtype=np.bool_) for mask in (pair.reference, pair.other))
    if not (ours.any() and theirs.any()):
        return
    both = ours & theirs
    if gone := int(np.count_nonzero(ours & ~theirs & _between_ends(theirs))):
        yield "SLICES_MISSING", f"{gone} slice(s) between its ends have no contour any more"
    if filled := int(np.count_nonzero(theirs & ~ours & _between_ends(ours))):
        yield "SLICES_MISSING", f"{filled} slice(s) between its ends have a contour that the reference has not"
    shorter = int(np.count_nonzero(ours & ~theirs & ~_between_ends(theirs)))
    longer = int(np.count_nonzero(theirs & ~ours & ~_between_ends(ours)))
    if not shorter and not longer:
        return
    words = [f"its ends were cut by {shorter} slice(s)"] if shorter else []
    words += [f"it was drawn on {longer} slice(s) beyond its ends"] if longer else []
    if both.any() and bool(np.array_equal(pair.reference[both], pair.other[both])):
        words.append("it is the same on all others")
    yield "ENDS_CUT", ", and ".join(words)


def remarks_on_planes(own: OwnPlanes | None, compared: int) -> Iterator[Remark]:
    """Yield code and words for contours on planes of their own; ``compared`` counts the slices that are left."""
    if own is None:
        return
    if own.slices is not None:
        yield (
            "CONTOURS_RESAMPLED",
            f"its contours skip slices by a step of their own: compared on the {compared} slice(s) of that step alone",
        )
    if own.off_mm:
        yield (
            "CONTOURS_RESAMPLED",
            f"its contours lie up to {own.off_mm:.2f} mm off the slices on which they are compared",
        )


def remarks_on_contours(other: RoiMask) -> Iterator[Remark]:
    """Yield code and words for contours that are in no number, or not where they say."""
    if other.off_grid:
        yield "CONTOURS_OUTSIDE", f"{other.off_grid} more contour(s) of it lie on no slice of the series"
    if other.cut:
        words = f"it reaches beyond the rows or columns of the images on {other.cut} slice(s)"
        yield "CONTOURS_OUTSIDE", f"{words}, by up to {other.cut_mm:.1f} mm; what lies there is in no volume"
    if other.overlapping:
        words = f"contours of it partly overlap on {other.overlapping} slice(s)"
        yield "CONTOURS_OVERLAP", f"{words}; what two of them share is taken as outside"
    if other.not_closed:
        yield "CONTOURS_OPEN", f"{other.not_closed} point(s) or open contour(s) of it are in no number"
    if other.between:
        words = f"{other.between} contour(s) lie between slices that have nearer ones, which are compared"
        yield "CONTOURS_RESAMPLED", words
    if other.elsewhere:
        words = f"{other.elsewhere} contour(s) name another image than the one on which they lie"
        yield "CONTOURS_ELSEWHERE", f"{words}; compared where their coordinates are"


def _between_ends(has: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.logical_or.accumulate(has) & np.logical_or.accumulate(has[::-1])[::-1]
