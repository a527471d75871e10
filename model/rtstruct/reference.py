"""Is a structure set drawn on this series? By its frame of reference and its image references, both.

Source: DICOM PS3.3 C.8.8.5 (Structure Set module), C.7.4.1 (Frame of Reference: coordinates of two have no relation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage

from model.errors import InputRefused
from model.rtstruct.image_items import Places, images_of
from model.rtstruct.items import items, text
from model.series.geometry import SeriesGeometry

# However thin the slices are, a contour this near to the one it names lies on it.
NEAR_MM = 0.5


@dataclass(frozen=True, slots=True)
class References:
    """What a structure set names: frames of reference (its own list's, and its ROIs'), series, images.

    Images are named as model.series.frame_reference does.
    """

    frames: frozenset[str]
    series: frozenset[str]
    images: frozenset[str]


def references_of(dataset: Dataset) -> References:
    """Everything that the Referenced Frame of Reference Sequence and the ROIs name."""
    frames, series, images = set(), set(), set[str]()
    for frame in items(dataset, "ReferencedFrameOfReferenceSequence"):
        frames.add(text(frame, "FrameOfReferenceUID"))
        for study in items(frame, "RTReferencedStudySequence"):
            for one in items(study, "RTReferencedSeriesSequence"):
                series.add(text(one, "SeriesInstanceUID"))
                for image in items(one, "ContourImageSequence"):
                    images.update(images_of(image))
    frames |= {text(roi, "ReferencedFrameOfReferenceUID") for roi in items(dataset, "StructureSetROISequence")}
    return References(frozenset(frames - {""}), frozenset(series - {""}), frozenset(images))


def elsewhere(
    named: Sequence[str], points: NDArray[np.float64], lengths: NDArray[np.int32], geometry: SeriesGeometry
) -> int:
    """How many contours name an image of another series, or a whole slice away from where they lie.

    ``named`` are the images, ``points`` (n, 3) and ``lengths`` (m,) as in ``place``. One that names an enhanced object
    without a frame may lie on any of its frames.
    """
    places = Places(geometry)
    heights = points[np.cumsum(lengths) - lengths] @ geometry.normal
    away = 0
    for image, height in zip(named, heights, strict=True):
        number = places.of(image)
        if number is None:
            away += bool(image) and image not in places
        else:
            away += bool(abs(height - geometry.offsets[number]) > max(geometry.thicknesses[number], NEAR_MM))
    return away


def require_reference(dataset: Dataset, geometry: SeriesGeometry) -> References:
    """Raise InputRefused, with what disagrees, unless this is a structure set of the series."""
    if text(dataset, "SOPClassUID") != RTStructureSetStorage:
        raise InputRefused("NOT_RTSTRUCT", "The file is not an RT structure set.")
    found = references_of(dataset)
    own_frame = geometry.frame_of_reference_uid in found.frames
    own_series = not found.series or geometry.series_uid in found.series
    if not own_frame and not own_series:
        raise InputRefused(
            "OTHER_SERIES", "The structure set refers to another series; give the series that it was drawn on."
        )
    if not own_series:
        raise InputRefused(
            "OTHER_SERIES",
            "The structure set has the frame of reference of this series, but was drawn on another series of it; "
            "give the series that it was drawn on.",
        )
    _require_some_frame(found)
    if not own_frame:
        raise InputRefused(
            "OTHER_FRAME",
            "The structure set refers to this series, but names another frame of reference: its coordinates have no "
            "place on these images. One of the two was changed after drawing; export both again.",
        )
    if found.images and Places(geometry).missing(found.images) == len(found.images):
        raise InputRefused(
            "OTHER_IMAGES",
            "The structure set names this series, but none of its images: they were made again or replaced after "
            "drawing. Give the images that it was drawn on.",
        )
    return found


def require_frame(dataset: Dataset, geometry: SeriesGeometry) -> References:
    """Raise InputRefused unless its coordinates have a place on the series, whatever images it was drawn on."""
    if text(dataset, "SOPClassUID") != RTStructureSetStorage:
        raise InputRefused("NOT_RTSTRUCT", "The file is not an RT structure set.")
    found = references_of(dataset)
    _require_some_frame(found)
    if geometry.frame_of_reference_uid not in found.frames:
        raise InputRefused(
            "OTHER_FRAME",
            "The structure set is drawn in another frame of reference: its coordinates have no place on these images.",
        )
    return found


def _require_some_frame(found: References) -> None:
    if not found.frames:
        raise InputRefused(
            "OTHER_FRAME",
            "The structure set names no frame of reference, so its coordinates have no place on these images; export "
            "it again.",
        )
