"""The surface of an ROI from its contours, which know more than the corners of voxels.

Between two slices the surface runs straight from each contour to that of the next slice, half of the way from either
side, so that a slope is a slope and no stairs. Where a contour ends it closes flat, half of the way to the slice
without it. Source: DICOM PS3.3 C.8.8.6.3: contours lie on slices, and what is between is left to the reader.
"""

from __future__ import annotations

import numpy as np

from model.compare.domes import domes
from model.compare.frame import Flags, Frame
from model.compare.lids import lids
from model.compare.patches import Patches, together
from model.compare.pieces import Pieces, pieces_of
from model.compare.shape import RoiShape
from model.compare.walls import runs, wall


def surface_of(shape: RoiShape, frame: Frame, wanted: Flags) -> tuple[Patches, Pieces]:
    """Return the surface of an ROI, in patches none larger than a pixel or two, and the contours that made it.

    ``wanted`` is (slices of the series,) bool: what the contours of other slices make is left out.
    """
    # A slope needs the slices beside it, a round end two.
    pieces = pieces_of(shape, frame, beside(beside(wanted)))
    ends = np.zeros(len(wanted) + 1, dtype=np.bool_)
    parts = []
    rounded = tuple(domes(pieces, frame))
    for run in runs(pieces, shape.mask, frame):
        ends[pieces.slices[run.ends] + (run.way > 0)] = True
        made = wall(pieces, run, frame)
        upright = wanted.copy()
        # A round end begins at the contour.
        upright[[dome.slice_ for dome in rounded if dome.way == run.way]] = False
        kept = upright[made.slices]
        parts.append(made if kept.all() else made.chosen(kept))
    parts.extend(lids(shape.mask, pieces, ends, wanted, rounded, frame))
    return together(parts), pieces


def beside(slices: Flags) -> Flags:
    """(slices,) bool: those set, and their neighbours."""
    found = slices.copy()
    found[1:] |= slices[:-1]
    found[:-1] |= slices[1:]
    return found
